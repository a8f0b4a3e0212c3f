#include "CLinux_signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static atomic_int interrupts;
static int event = -1;
static const char *first, *next;

static void say(const char *text)
{
	/* The terminal has echoed ^C at the end of the live line. */
	if (isatty(STDERR_FILENO) && write(STDERR_FILENO, "\n", 1) < 0)
		return;
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

static void caught(int signal)
{
	int saved = errno;
	uint64_t one = 1;

	(void)signal;
	if (atomic_fetch_add(&interrupts, 1) == 0)
		say(first);
	else
		say(next);
	if (write(event, &one, sizeof(one)) < 0) {
		/* A full counter is readable as well. */
	}
	errno = saved;
}

int CLinux_catch_interrupts(const char *at_first, const char *then)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = caught, .sa_flags = SA_RESTART };
	struct sigaction before;

	free((char *)first);
	free((char *)next);
	first = strdup(at_first);
	next = strdup(then);
	if (!first || !next)
		return -ENOMEM;
	if (event < 0)
		event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event < 0)
		return -errno;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sigaction(signals[i], NULL, &before) < 0)
			return -errno;
		if (before.sa_handler == SIG_IGN)
			continue;
		sigaddset(&action.sa_mask, signals[i]);
		if (sigaction(signals[i], &action, NULL) < 0)
			return -errno;
	}
	return event;
}

int CLinux_interrupts(void)
{
	return atomic_load(&interrupts);
}
