#include "CLinux_racer.h"

uint32_t CLinux_load(const uint32_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

void CLinux_store(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

uint32_t CLinux_add(uint32_t *field, uint32_t value)
{
	return __atomic_add_fetch(field, value, __ATOMIC_ACQ_REL);
}

int64_t CLinux_load_time(const int64_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

void CLinux_store_time(int64_t *field, int64_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

int32_t CLinux_load_task(const int32_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

void CLinux_store_task(int32_t *field, int32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELEASE);
}

char *CLinux_spinner_path(struct racer_spinner *spinner)
{
	return spinner->path;
}

struct racer_thread *CLinux_racer_thread(struct racer_shared *shared, uint32_t index)
{
	return &shared->threads[index];
}

struct racer_step *CLinux_racer_step(struct racer_thread *thread, uint32_t index)
{
	return &thread->steps[index];
}

char *CLinux_racer_path(struct racer_step *step)
{
	return step->path;
}

char *CLinux_racer_bytes(struct racer_step *step)
{
	return step->bytes;
}

int32_t *CLinux_racer_retry(struct racer_step *step)
{
	return step->retry;
}
