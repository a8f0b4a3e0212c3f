#include "CLinux_children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int shared = -1;

void CLinux_share_with_children(int descriptor)
{
	shared = descriptor;
}

int CLinux_shared_with_children(void)
{
	return shared;
}

static int place(posix_spawn_file_actions_t *actions, int descriptor, int as)
{
	if (descriptor < 0)
		return posix_spawn_file_actions_addopen(actions, as, "/dev/null", O_WRONLY, 0);
	return posix_spawn_file_actions_adddup2(actions, descriptor, as);
}

int CLinux_spawn(char *const argv[], int output, int errors, pid_t *pid)
{
	const short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto no_attributes;
	if ((error = posix_spawnattr_setflags(&attributes, flags)) ||
	    (error = posix_spawnattr_setsigmask(&attributes, &none)) ||
	    (error = posix_spawnattr_setsigdefault(&attributes, &all)) ||
	    (error = posix_spawnattr_setpgroup(&attributes, 0)) ||
	    (error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)) ||
	    (error = place(&actions, output, 1)) ||
	    (error = place(&actions, errors, 2)) ||
	    (shared >= 0 && (error = posix_spawn_file_actions_adddup2(&actions, shared, 3))) ||
	    (error = posix_spawn_file_actions_addclosefrom_np(&actions, shared >= 0 ? 4 : 3)))
		goto done;
	error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
done:
	posix_spawnattr_destroy(&attributes);
no_attributes:
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int CLinux_spawn_apart(const char *program, char *const argv[], int input, pid_t *pid)
{
	const short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto no_attributes;
	if ((error = posix_spawnattr_setflags(&attributes, flags)) ||
	    (error = posix_spawnattr_setsigmask(&attributes, &none)) ||
	    (error = posix_spawnattr_setsigdefault(&attributes, &all)) ||
	    (error = posix_spawn_file_actions_adddup2(&actions, input, 0)) ||
	    (error = place(&actions, -1, 1)) ||
	    (error = place(&actions, -1, 2)) ||
	    (error = posix_spawn_file_actions_addchdir_np(&actions, "/")) ||
	    (error = posix_spawn_file_actions_addclosefrom_np(&actions, 3)))
		goto done;
	error = posix_spawn(pid, program, &actions, &attributes, argv, environ);
done:
	posix_spawnattr_destroy(&attributes);
no_attributes:
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int CLinux_signal(pid_t pid, int signal)
{
	if (pid <= 1) {
		errno = EINVAL;
		return -1;
	}
	return kill(pid, signal);
}

void CLinux_reap(pid_t pid)
{
	if (pid <= 1)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int CLinux_pidfd_open(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

int CLinux_pidfd_send_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int CLinux_wait_pidfd(int pidfd, int block, int *code, int *status)
{
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, pidfd, &info, WEXITED | (block ? 0 : WNOHANG)) < 0)
		return -1;
	*code = info.si_pid ? info.si_code : 0;
	*status = info.si_status;
	return 0;
}

int CLinux_output_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	/* The flag belongs to the open end, so the child's end still blocks, as it expects. */
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		int error = errno;

		close(ends[0]);
		close(ends[1]);
		errno = error;
		return -1;
	}
	return 0;
}

pid_t CLinux_gettid(void)
{
	return gettid();
}
