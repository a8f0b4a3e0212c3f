#include "CLinux_tasks.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int open_state(const char *format, int task)
{
	char path[64];

	snprintf(path, sizeof(path), format, task);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int CLinux_open_state_of_thread(int tid)
{
	return open_state("/proc/self/task/%d/stat", tid);
}

int CLinux_open_state_of_process(int pid)
{
	return open_state("/proc/%d/stat", pid);
}

char CLinux_task_state(int descriptor)
{
	/* Enough for the pid, the name and the state; the name has at most 64 bytes. */
	char text[128];
	ssize_t count = pread(descriptor, text, sizeof(text), 0);

	return count > 0 ? CLinux_state_in(text, count) : 0;
}

char CLinux_state_in(const char *text, size_t length)
{
	for (size_t index = length; index-- > 0;)
		if (text[index] == ')')
			return index + 2 < length && text[index + 1] == ' ' ? text[index + 2] : 0;
	return 0;
}
