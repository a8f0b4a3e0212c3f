#ifndef CLINUX_OPEN_DEVICES_H
#define CLINUX_OPEN_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

struct CLinux_device_number {
	bool is_block;
	unsigned major, minor;
	/*
	 * The descriptor of a file of sysfs, which is no device but a part of one, with `major` 1; or of one
	 * that could be of another sysfs, by its path, with `major` 0. Else -1.
	 */
	int attribute;
};

/*
 * The devices that a process has open, by its directory `PID/fd` below `proc`, and the files of `sys`
 * that not everybody may open. In C because there can be ten thousand descriptors to look at before
 * each cycle. The files are asked with statx(2) and AT_STATX_DONT_SYNC, which waits for no server.
 * Returns how many were found, at most `capacity` of them stored, each once among neighbours; or a
 * negative errno.
 */
long CLinux_open_devices(int proc, int sys, const char *pid, struct CLinux_device_number *found,
			 size_t capacity);

/* The device behind an open node; 0, or an errno: ENODEV where it is no device. */
int CLinux_device_of(int descriptor, struct CLinux_device_number *found);

#endif
