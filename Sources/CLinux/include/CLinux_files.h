#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <sys/types.h>

/* openat(2) is variadic, which Swift cannot call. O_CLOEXEC is always added. */
int CLinux_openat(int directory, const char *path, int flags, mode_t mode);

/* flock(2) with LOCK_EX | LOCK_NB: the name clashes with struct flock in Swift. */
int CLinux_lock_exclusive(int descriptor);

/* The same with LOCK_SH. */
int CLinux_lock_shared(int descriptor);

/* eventfd(2), close-on-exec and non-blocking: its header is not in Swift's import. -1 with errno. */
int CLinux_event(void);

#endif
