#include "CLinux_open_devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Closed meanwhile, or on a server that is gone: no device node of ours. */
static bool is_gone(int error)
{
	return error == ENOENT || error == ESRCH || error == ESTALE || error == ENOTCONN;
}

long CLinux_open_devices(int proc, const char *pid, struct CLinux_device_number *found,
			 size_t capacity)
{
	_Alignas(struct dirent64) char buffer[16384];
	char path[32];
	long count = 0;
	ssize_t length;
	int directory;

	snprintf(path, sizeof(path), "%s/fd", pid);
	directory = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return is_gone(errno) ? 0 : -errno;
	while ((length = getdents64(directory, buffer, sizeof(buffer))) > 0) {
		for (ssize_t offset = 0; offset < length;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + offset);
			struct statx file;

			offset += entry->d_reclen;
			if (entry->d_name[0] == '.')
				continue;
			if (statx(directory, entry->d_name, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
				  STATX_TYPE, &file)) {
				if (is_gone(errno))
					continue;
				count = -errno;
				goto done;
			}
			if (!S_ISBLK(file.stx_mode) && !S_ISCHR(file.stx_mode))
				continue;
			struct CLinux_device_number number = {
				S_ISBLK(file.stx_mode), file.stx_rdev_major, file.stx_rdev_minor};

			if (count > 0 && (size_t)count <= capacity &&
			    found[count - 1].is_block == number.is_block &&
			    found[count - 1].major == number.major &&
			    found[count - 1].minor == number.minor)
				continue;
			if ((size_t)count < capacity)
				found[count] = number;
			count++;
		}
	}
	if (length < 0 && !is_gone(errno))
		count = -errno;
done:
	close(directory);
	return count;
}

int CLinux_device_of(int descriptor, struct CLinux_device_number *found)
{
	struct statx file;

	if (statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &file))
		return errno;
	if (!S_ISBLK(file.stx_mode) && !S_ISCHR(file.stx_mode))
		return ENODEV;
	*found = (struct CLinux_device_number){S_ISBLK(file.stx_mode), file.stx_rdev_major,
					       file.stx_rdev_minor};
	return 0;
}
