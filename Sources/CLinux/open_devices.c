#include "CLinux_open_devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Closed meanwhile, or on a server that is gone: no device node of ours. */
static bool is_gone(int error)
{
	return error == ENOENT || error == ESRCH || error == ESTALE || error == ENOTCONN;
}

/*
 * A file that even root may not ask about is on a FUSE that somebody mounted for himself
 * (fuse_allow_current_process()). No device of the host is there: who is not root mounts without
 * devices (fusermount(1), and SB_I_NODEV in a user namespace). No server is asked (fuse_statfs()).
 */
static bool is_without_devices(int directory, const char *name)
{
	struct statfs mount;
	int file = openat(directory, name, O_PATH | O_CLOEXEC);
	bool result;

	if (file < 0)
		return is_gone(errno);
	result = !fstatfs(file, &mount) &&
		 (mount.f_type == FUSE_SUPER_MAGIC || (mount.f_flags & ST_NODEV));
	close(file);
	return result;
}

static bool is_on_same(const struct statx *file, const struct statx *sys)
{
	return file->stx_dev_major == sys->stx_dev_major && file->stx_dev_minor == sys->stx_dev_minor;
}

/*
 * A file that not everybody may open, such as a PCI device's memory, and that is of this sysfs or could
 * be of another network namespace's.
 */
static bool may_be_private_attribute(const struct statx *file, const struct statx *sys)
{
	if (!S_ISREG(file->stx_mode) || file->stx_mode & (S_IROTH | S_IWOTH))
		return false;
	return is_on_same(file, sys) || (file->stx_dev_major == 0 && file->stx_blocks == 0);
}

static bool is_same(const struct CLinux_device_number *one, const struct CLinux_device_number *other)
{
	return one->is_block == other->is_block && one->major == other->major &&
	       one->minor == other->minor && one->attribute == other->attribute;
}

long CLinux_open_devices(int proc, int sys, const char *pid, struct CLinux_device_number *found,
			 size_t capacity)
{
	struct statx root;
	_Alignas(struct dirent64) char buffer[16384];
	char path[32];
	long count = 0;
	ssize_t length;
	int directory;

	if (statx(sys, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &root))
		return -errno;
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
				  STATX_TYPE | STATX_MODE | STATX_BLOCKS, &file)) {
				int error = errno;

				if (is_gone(error))
					continue;
				if (error == EACCES && is_without_devices(directory, entry->d_name))
					continue;
				count = -error;
				goto done;
			}
			struct CLinux_device_number number = {.attribute = -1};

			if (may_be_private_attribute(&file, &root)) {
				number.attribute = atoi(entry->d_name);
				number.major = is_on_same(&file, &root);
			} else if (S_ISBLK(file.stx_mode) || S_ISCHR(file.stx_mode)) {
				number = (struct CLinux_device_number){S_ISBLK(file.stx_mode),
								       file.stx_rdev_major,
								       file.stx_rdev_minor, -1};
			} else {
				continue;
			}
			if (count > 0 && (size_t)count <= capacity && is_same(&found[count - 1], &number))
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
					       file.stx_rdev_minor, -1};
	return 0;
}
