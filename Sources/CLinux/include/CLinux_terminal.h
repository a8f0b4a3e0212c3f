#ifndef CLINUX_TERMINAL_H
#define CLINUX_TERMINAL_H

/* ioctl(2) is variadic, which Swift cannot call: the columns of a terminal, 80 where unknown. */
int CLinux_terminal_columns(int descriptor);

#endif
