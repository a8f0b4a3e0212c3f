#ifndef CLINUX_LOOP_H
#define CLINUX_LOOP_H

#include <stddef.h>

/*
 * epoll(7) and signalfd(2), whose headers Glibc's module lacks. All are close-on-exec. Where nothing
 * else is said: 0 or a new descriptor, or -1 with errno.
 */
int CLinux_epoll(void);

/* Waits for a descriptor to be readable, or does so no more; it stays registered. */
int CLinux_epoll_add(int epoll, int descriptor);
int CLinux_epoll_listen(int epoll, int descriptor, int listens);
int CLinux_epoll_remove(int epoll, int descriptor);

/* The descriptors that are readable or hung up, at most `most`; waits so many milliseconds, -1 for ever. */
int CLinux_epoll_wait(int epoll, int *descriptors, int most, int milliseconds);

/* Blocks the signals in the calling thread and those that it starts, and makes them readable. */
int CLinux_signals(const int *signals, size_t count);

/* The next signal's number, 0 where there is none, -1 with errno. */
int CLinux_next_signal(int descriptor);

#endif
