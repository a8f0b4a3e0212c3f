#include "CLinux_files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/vfs.h>

int CLinux_openat(int directory, const char *path, int flags, mode_t mode)
{
	return openat(directory, path, flags | O_CLOEXEC, mode);
}

int CLinux_lock_exclusive(int descriptor)
{
	return flock(descriptor, LOCK_EX | LOCK_NB);
}

int CLinux_unlock(int descriptor)
{
	return flock(descriptor, LOCK_UN);
}

int CLinux_lock_shared(int descriptor)
{
	return flock(descriptor, LOCK_SH | LOCK_NB);
}

int CLinux_event(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int CLinux_open_place(int directory, const char *path, int flags)
{
	return openat(directory, path, flags | O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool CLinux_is_proc(int descriptor)
{
	struct statfs status;

	return fstatfs(descriptor, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}
