#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

/*
 * A handler in Swift may allocate, so it is C. From here on SIGINT, SIGTERM and SIGHUP only count
 * and write to an eventfd, whose number is returned (a negative errno on failure). Signals that
 * are ignored stay ignored (nohup). The first signal writes the first text to standard error, each
 * later one the other.
 */
int CLinux_catch_interrupts(const char *first, const char *then);

/* How many of them came so far. */
int CLinux_interrupts(void);

#endif
