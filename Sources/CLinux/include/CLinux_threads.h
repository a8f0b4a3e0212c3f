#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

#include <stddef.h>
#include <stdint.h>

/* pthread_create(3) with a small stack: locked memory is paid for by its size. 0 or an errno. */
int CLinux_start_thread(void *(*body)(void *), void *argument, size_t stack, uint64_t *thread);

/* pthread_join(3): pthread_t is an integer here and a pointer elsewhere. */
int CLinux_join_thread(uint64_t thread);

/* pthread_detach(3): nobody waits for its end. */
void CLinux_detach_thread(uint64_t thread);

/* pthread_setname_np(3) of the calling thread; cut at 15 bytes by the caller. */
void CLinux_name_thread(const char *name);

/* prctl(2) PR_SET_PDEATHSIG: SIGKILL when the parent dies. Returns 0 or -1 with errno. */
int CLinux_die_with_parent(void);

/* prctl(2) PR_SET_TIMERSLACK, in nanoseconds, of the calling thread. */
void CLinux_set_timer_slack(unsigned long nanoseconds);

/* How often the calling thread gave its CPU up by itself: ru_nvcsw of getrusage(2). */
long CLinux_times_asleep(void);

/* mlockall(2) with MCL_ONFAULT: locks what is touched, not all that is mapped. */
int CLinux_lock_memory(void);

/* memfd_create(2) with MFD_CLOEXEC off: the racer inherits it. */
int CLinux_memory_file(const char *name);

/* sched_setaffinity(2) of the calling thread to one CPU, or to all allowed but one. */
int CLinux_run_on(int cpu);
int CLinux_keep_off(int cpu);

/* The CPUs that the calling thread may use: sched_getaffinity(2). Returns how many were stored. */
int CLinux_usable_cpus(int *cpus, int most);

/* sched_getcpu(3). */
int CLinux_current_cpu(void);

/* SCHED_FIFO of the calling thread, not inherited by its children (SCHED_RESET_ON_FORK). */
int CLinux_run_fifo(int priority);

/* SCHED_OTHER of a thread again; 0 is the calling one. */
int CLinux_run_ordinary(int32_t tid);

/*
 * Bounds the calling process and its children (setrlimit(2)): open descriptors, memory of its own,
 * and how long a real-time thread may go on without sleeping before the kernel ends the process.
 * Never raises a limit. Returns 0 or -1 with errno.
 */
int CLinux_limit_process(uint64_t descriptors, uint64_t bytes, uint64_t realtime_microseconds);

/* A NETLINK_KOBJECT_UEVENT socket on the kernel's own group, close-on-exec; -1 with errno. */
int CLinux_open_uevents(int receive_buffer);

/*
 * Spawns argv as posix_spawn(3) does, with all signals at their default; waits for its end. Stores
 * its pid before it waits. Returns its exit status, 128 + signal, or -1 with errno.
 */
int CLinux_run_command(char *const argv[], int32_t *pid);

/*
 * Starts the racer: `program` with `argv`, the shared memory as descriptor 3 and the control socket
 * as descriptor 4; of the others only what CLinux_share_with_children() names is inherited. Returns 0 or a positive errno.
 */
int CLinux_start_racer(const char *program, char *const argv[], int memory, int control, int32_t *pid);

#endif
