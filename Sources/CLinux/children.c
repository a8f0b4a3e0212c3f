#include "CLinux_children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
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

typedef int add_files(posix_spawn_file_actions_t *actions, int first, int second);

/* Starts a child with no signal blocked or ignored, apart by `flag`, with the files that `add` gives it. */
static int spawn(const char *program, bool is_searched, char *const argv[], short flag, add_files *add,
		 int first, int second, pid_t *pid)
{
	const short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | flag;
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
	    (error = add(&actions, first, second)))
		goto done;
	error = is_searched ? posix_spawnp(pid, program, &actions, &attributes, argv, environ)
			    : posix_spawn(pid, program, &actions, &attributes, argv, environ);
done:
	posix_spawnattr_destroy(&attributes);
no_attributes:
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int add_output(posix_spawn_file_actions_t *actions, int output, int errors)
{
	int error;

	if ((error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)) ||
	    (error = place(actions, output, 1)) || (error = place(actions, errors, 2)) ||
	    (shared >= 0 && (error = posix_spawn_file_actions_adddup2(actions, shared, 3))))
		return error;
	return posix_spawn_file_actions_addclosefrom_np(actions, shared >= 0 ? 4 : 3);
}

static int add_input(posix_spawn_file_actions_t *actions, int input, int unused)
{
	int error;

	(void)unused;
	if ((error = posix_spawn_file_actions_adddup2(actions, input, 0)) ||
	    (error = place(actions, -1, 1)) || (error = place(actions, -1, 2)) ||
	    (error = posix_spawn_file_actions_addchdir_np(actions, "/")))
		return error;
	return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

int CLinux_spawn(char *const argv[], int output, int errors, pid_t *pid)
{
	return spawn(argv[0], true, argv, POSIX_SPAWN_SETPGROUP, add_output, output, errors, pid);
}

int CLinux_spawn_apart(const char *program, char *const argv[], int input, pid_t *pid)
{
	return spawn(program, false, argv, POSIX_SPAWN_SETSID, add_input, input, -1, pid);
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
