#ifndef CLINUX_LOCAL_H
#define CLINUX_LOCAL_H

/*
 * A stream socket that is connected to a path (unix(7)), close-on-exec: sockaddr_un holds the path as
 * an array, which Swift sees as a tuple. Never waits. -1 with errno, EAGAIN where the queue is full.
 */
int CLinux_connect_unix(const char *path);

#endif
