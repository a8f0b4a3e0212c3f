#ifndef CLINUX_RACER_H
#define CLINUX_RACER_H

#include <stdint.h>

/*
 * What parent and racer share, in a memfd mapped by both. A plain C layout: both sides are the same
 * binary, and the parent must still be able to read it when the racer hangs in the kernel.
 *
 * The parent writes the program while the racer waits for "go"; the racer writes the results. A
 * step's `start` is stored before its system call and `end` after, so a step with a start and no
 * end is where a thread hangs.
 */
enum {
	RACER_THREADS = 4,
	RACER_STEPS = 8,
	RACER_PATH = 256,
	RACER_BYTES = 512,
	RACER_RETRIES = 4,
};

enum racer_step_kind {
	/* Write `bytes` to `path` below /sys, once its file is there. */
	RACER_WRITE = 1,
	/* Wait for a kernel uevent whose first line is `bytes` ("add@/devices/..."). */
	RACER_AWAIT = 2,
	/* Sleep to `duration` before now plus it, the last part spinning. */
	RACER_PAUSE = 3,
	/* Run `bytes`, words that end in NUL, as a command, and wait for it. */
	RACER_SPAWN = 4,
	/* Wait until there is something at `path` below /sys; a link counts itself. */
	RACER_AWAIT_PATH = 5,
	/* Wait until `other_step` of `other_thread` has begun and sleeps in the kernel. */
	RACER_AWAIT_BLOCKED = 6,
};

struct racer_step {
	uint32_t kind;
	/* The parent's own number for what this is. */
	uint32_t tag;
	/* Nanoseconds: how long to retry a write, to await, or to pause. */
	int64_t duration;
	/* The step that a wait is about. */
	uint32_t other_thread;
	uint32_t other_step;
	/* A write that ends with one of these (positive, 0 ends the list) is tried again. */
	int32_t retry[RACER_RETRIES];
	uint32_t length;
	char path[RACER_PATH];
	char bytes[RACER_BYTES];

	/* Results. Times are CLOCK_MONOTONIC; 0 means not reached. */
	int64_t start;
	int64_t end;
	int32_t error;
	uint32_t attempts;
	/* The writing thread, or the command's process. */
	int32_t pid;
};

struct racer_thread {
	uint32_t count;
	/* True for the threads that race: the spinner holds its CPU for them. */
	uint32_t is_racing;
	/* The CPU that it is bound to; negative: none. */
	int32_t cpu;
	/* True where it goes before all that is not real time there. */
	uint32_t is_urgent;
	struct racer_step steps[RACER_STEPS];
	int32_t tid;
	/* Why it could not be bound to its CPU, or not be urgent there, an errno. */
	int32_t error;
	/* 1 once it saw what it waited for. */
	uint32_t is_holding;
	/* 1 when the thread has ended. */
	uint32_t ended;
};

enum racer_begin {
	RACER_AT_ONCE = 0,
	/* When `after_step` of `after_thread` has ended. */
	RACER_AFTER_STEP = 1,
};

struct racer_spinner {
	/* Negative: no spinner. */
	int32_t cpu;
	/* When it begins: an enum racer_begin, and the step that the last of those means. */
	uint32_t begins;
	uint32_t after_thread;
	uint32_t after_step;
	/* When there is something at this path below /sys, a slice begins anew; empty: none. */
	char path[RACER_PATH];
	/* Nanoseconds of a slice, of the pause between two, and of all slices together. */
	int64_t on;
	int64_t off;
	int64_t limit;
	/* How long one slice may become while a racing thread is between its event and its end. */
	int64_t longest;
	/* How long it may be before the watchdog ends it. */
	int64_t deadline;

	/* For the watchdog: the spinning thread, when its slice began (0: it pauses), and its end. */
	int32_t tid;
	int64_t slice_start;
	uint32_t ended;

	/* Results. */
	int32_t error;
	uint32_t slices;
	/* Times the spinner found itself on another CPU: the window was not widened. */
	uint32_t strayed;
	int64_t longest_hole;
};

struct racer_shared {
	uint32_t thread_count;
	/* The CPU that racing threads keep away from; negative: none. */
	int32_t avoided_cpu;
	/* The state by which a thread counts as blocked: 'D', but for tests. */
	uint32_t blocked_state;
	struct racer_spinner spinner;
	struct racer_thread threads[RACER_THREADS];

	/* Between the threads of the racer. */
	uint32_t released;
	uint32_t ready;
	/* Racing threads that saw what they waited for. */
	uint32_t holding;
	/* Racing threads that have not begun their last step. */
	uint32_t racing;
	/* When the last of those began it. */
	int64_t let_go;
	/* Set by the parent: end the race as soon as possible. */
	uint32_t stop;
};

/* Atomic access to fields of the shared memory: C11's _Atomic is not imported into Swift. */
uint32_t CLinux_load(const uint32_t *field);
void CLinux_store(uint32_t *field, uint32_t value);
uint32_t CLinux_add(uint32_t *field, uint32_t value);
int64_t CLinux_load_time(const int64_t *field);
void CLinux_store_time(int64_t *field, int64_t value);
int32_t CLinux_load_task(const int32_t *field);
void CLinux_store_task(int32_t *field, int32_t value);

/* The arrays of the structs above, which Swift imports as tuples. */
char *CLinux_spinner_path(struct racer_spinner *spinner);
struct racer_thread *CLinux_racer_thread(struct racer_shared *shared, uint32_t index);
struct racer_step *CLinux_racer_step(struct racer_thread *thread, uint32_t index);
char *CLinux_racer_path(struct racer_step *step);
char *CLinux_racer_bytes(struct racer_step *step);
int32_t *CLinux_racer_retry(struct racer_step *step);

#endif
