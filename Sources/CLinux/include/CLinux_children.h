#ifndef CLINUX_CHILDREN_H
#define CLINUX_CHILDREN_H

#include <sys/types.h>

/*
 * From now on every child inherits this descriptor, and its children in turn: a lock on it tells when
 * the last of them has ended. -1: none. Not for several threads at once.
 */
void CLinux_share_with_children(int descriptor);
int CLinux_shared_with_children(void);

/*
 * posix_spawn(3) with many attributes, each an own object to release: one call in C. argv[0] is
 * searched in PATH. Standard input is /dev/null; output and errors are the descriptors given, or
 * /dev/null where negative; all others but the shared one are closed. The child is in a process group of its own, with
 * no signal blocked or ignored, and has our environment. Returns 0 or a positive errno.
 */
int CLinux_spawn(char *const argv[], int output, int errors, pid_t *pid);

/*
 * `program` with `argv` as a process that is to outlive us: in a session of its own, so that no signal to our process
 * group or from our terminal reaches it, in the folder /, with `input` as its standard input, nothing else
 * open, and nothing shared.
 */
int CLinux_spawn_apart(const char *program, char *const argv[], int input, pid_t *pid);

/*
 * kill(2) of one process. Numbers that mean more than one (0, negative ones), or init, are refused with
 * EINVAL. Everything that is not sent by a pidfd is sent by this. Returns 0 or -1 with errno.
 */
int CLinux_signal(pid_t pid, int signal);

/* Waits for the end of one child of ours, whatever it comes to; other numbers are passed over. */
void CLinux_reap(pid_t pid);

/* pidfd_open(2): glibc 2.35 has no wrapper. */
int CLinux_pidfd_open(pid_t pid);

/* pidfd_send_signal(2): as above. A signal by pid alone could hit a process that reuses it. */
int CLinux_pidfd_send_signal(int pidfd, int signal);

/*
 * waitid(2) with P_PIDFD: siginfo_t is a union that Swift cannot read. Sets *code (CLD_EXITED, …)
 * and *status. With `block` 0, *code is 0 where the child still runs. Returns 0 or -1 with errno.
 */
int CLinux_wait_pidfd(int pidfd, int block, int *code, int *status);

/* pipe2(2) with O_CLOEXEC | O_NONBLOCK on the end read and O_CLOEXEC on the end written. */
int CLinux_output_pipe(int ends[2]);

/* gettid(2): hidden without _GNU_SOURCE. */
pid_t CLinux_gettid(void);

#endif
