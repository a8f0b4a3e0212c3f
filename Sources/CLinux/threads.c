#include "CLinux_threads.h"

#include "CLinux_children.h"

#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int CLinux_start_thread(void *(*body)(void *), void *argument, size_t stack, uint64_t *thread)
{
	pthread_attr_t attributes;
	pthread_t handle;
	int error = pthread_attr_init(&attributes);

	if (error)
		return error;
	error = pthread_attr_setstacksize(&attributes, stack);
	if (!error)
		error = pthread_create(&handle, &attributes, body, argument);
	pthread_attr_destroy(&attributes);
	if (!error)
		*thread = (uint64_t)handle;
	return error;
}

int CLinux_join_thread(uint64_t thread)
{
	return pthread_join((pthread_t)thread, NULL);
}

void CLinux_detach_thread(uint64_t thread)
{
	pthread_detach((pthread_t)thread);
}

void CLinux_name_thread(const char *name)
{
	pthread_setname_np(pthread_self(), name);
}

int CLinux_die_with_parent(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void CLinux_set_timer_slack(unsigned long nanoseconds)
{
	prctl(PR_SET_TIMERSLACK, nanoseconds);
}

long CLinux_times_asleep(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_nvcsw;
}

int CLinux_lock_memory(void)
{
	return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

int CLinux_memory_file(const char *name)
{
	return memfd_create(name, 0);
}

int CLinux_run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int CLinux_keep_off(int cpu)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	CPU_CLR(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int CLinux_usable_cpus(int *cpus, int most)
{
	cpu_set_t set;
	int count = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE && count < most; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[count++] = cpu;
	return count;
}

int CLinux_current_cpu(void)
{
	return sched_getcpu();
}

int CLinux_run_fifo(int priority)
{
	struct sched_param parameter = { .sched_priority = priority };

	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter);
}

int CLinux_run_ordinary(int32_t tid)
{
	struct sched_param parameter = { .sched_priority = 0 };

	return sched_setscheduler(tid, SCHED_OTHER, &parameter);
}

static int limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit now;

	if (getrlimit(resource, &now))
		return -1;
	if (value > now.rlim_max)
		value = now.rlim_max;
	now.rlim_cur = value;
	now.rlim_max = value;
	return setrlimit(resource, &now);
}

int CLinux_limit_process(uint64_t descriptors, uint64_t bytes, uint64_t realtime_microseconds)
{
	if (limit(RLIMIT_NOFILE, descriptors) || limit(RLIMIT_DATA, bytes))
		return -1;
	return limit(RLIMIT_RTTIME, realtime_microseconds);
}

int CLinux_open_uevents(int receive_buffer)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (descriptor < 0)
		return -1;
	/* Without the privilege the default buffer stays; the racer runs as root. */
	setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer));
	if (bind(descriptor, (struct sockaddr *)&address, sizeof(address))) {
		int error = errno;

		close(descriptor);
		errno = error;
		return -1;
	}
	return descriptor;
}

int CLinux_run_command(char *const argv[], int32_t *pid)
{
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	sigset_t signals;
	pid_t child;
	int status;
	int error;

	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_init(&actions);
	sigfillset(&signals);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	sigemptyset(&signals);
	posix_spawnattr_setsigmask(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	error = posix_spawnp(&child, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (error) {
		errno = error;
		return -1;
	}
	__atomic_store_n(pid, child, __ATOMIC_RELEASE);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int CLinux_start_racer(const char *program, char *const argv[], int memory, int control, int32_t *pid)
{
	const int shared = CLinux_shared_with_children();
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	pid_t child;
	int error;

	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto no_attributes;
	/* A group of its own: Ctrl-C is the parent's to handle. */
	if ((error = posix_spawnattr_setpgroup(&attributes, 0)) ||
	    (error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP)) ||
	    (error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0)) ||
	    (error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0)) ||
	    /* By way of high numbers, as each may be 3, 4 or 5 itself. */
	    (error = posix_spawn_file_actions_adddup2(&actions, memory, 100)) ||
	    (error = posix_spawn_file_actions_adddup2(&actions, control, 101)) ||
	    (shared >= 0 && (error = posix_spawn_file_actions_adddup2(&actions, shared, 102))) ||
	    (error = posix_spawn_file_actions_adddup2(&actions, 100, 3)) ||
	    (error = posix_spawn_file_actions_adddup2(&actions, 101, 4)) ||
	    /* Its own children inherit it from there. */
	    (shared >= 0 && (error = posix_spawn_file_actions_adddup2(&actions, 102, 5))) ||
	    (error = posix_spawn_file_actions_addclosefrom_np(&actions, shared >= 0 ? 6 : 5)))
		goto done;
	error = posix_spawn(&child, program, &actions, &attributes, argv, environ);
	if (!error)
		*pid = child;
done:
	posix_spawnattr_destroy(&attributes);
no_attributes:
	posix_spawn_file_actions_destroy(&actions);
	return error;
}
