#ifndef CLINUX_TASKS_H
#define CLINUX_TASKS_H

#include <stddef.h>

/*
 * Opens where the kernel tells the state of a task, proc_pid_stat(5): a thread of this process, or
 * another process. Here, as Swift would allocate for the path. -1 with errno.
 */
int CLinux_open_state_of_thread(int tid);
int CLinux_open_state_of_process(int pid);

/* The letter of the state as it is now: R, S, D, ...; 0 where the task is gone. */
char CLinux_task_state(int descriptor);

/* The letter in the text of such a file; 0 where there is none. The name before it may hold anything. */
char CLinux_state_in(const char *text, size_t length);

#endif
