#include "CLinux_loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

int CLinux_epoll(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

static int control(int epoll, int operation, int descriptor, int listens)
{
	struct epoll_event event = { .events = listens ? EPOLLIN : 0, .data.fd = descriptor };

	return epoll_ctl(epoll, operation, descriptor, &event);
}

int CLinux_epoll_add(int epoll, int descriptor)
{
	return control(epoll, EPOLL_CTL_ADD, descriptor, 1);
}

int CLinux_epoll_listen(int epoll, int descriptor, int listens)
{
	return control(epoll, EPOLL_CTL_MOD, descriptor, listens);
}

int CLinux_epoll_remove(int epoll, int descriptor)
{
	return control(epoll, EPOLL_CTL_DEL, descriptor, 0);
}

int CLinux_epoll_wait(int epoll, int *descriptors, int most, int milliseconds)
{
	struct epoll_event events[16];
	int count;

	if (most > 16)
		most = 16;
	count = epoll_wait(epoll, events, most, milliseconds);
	for (int i = 0; i < count; i++)
		descriptors[i] = events[i].data.fd;
	return count;
}

int CLinux_signals(const int *signals, size_t count)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int CLinux_next_signal(int descriptor)
{
	struct signalfd_siginfo info;
	ssize_t count = read(descriptor, &info, sizeof(info));

	if (count == sizeof(info))
		return info.ssi_signo;
	return count < 0 && errno == EAGAIN ? 0 : -1;
}
