#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stdbool.h>
#include <sys/types.h>

/* openat(2) is variadic, which Swift cannot call. O_CLOEXEC is always added. */
int CLinux_openat(int directory, const char *path, int flags, mode_t mode);

/* flock(2) with LOCK_EX | LOCK_NB: the name clashes with struct flock in Swift. */
int CLinux_lock_exclusive(int descriptor);

/* The same with LOCK_SH. */
int CLinux_lock_shared(int descriptor);

/* Lets go of it, also where a child that has not called execve(2) yet has the descriptor too. */
int CLinux_unlock(int descriptor);

/* eventfd(2), close-on-exec and non-blocking: its header is not in Swift's import. -1 with errno. */
int CLinux_event(void);

/* Opens a folder as a place alone (O_PATH), which takes no right to list it; Swift does not import the flag. */
int CLinux_open_place(int directory, const char *path, int flags);

/* True for a folder of procfs (statfs(2); the struct's name clashes with the function's). */
bool CLinux_is_proc(int descriptor);

#endif
