// SPDX-License-Identifier: GPL-2.0
/*
 * bindrace_twin: has a function unbind_store() of its own, as drivers/dma/idxd/compat.c has, so that the kernel
 * knows two of that name. It does nothing.
 */
#include <linux/device.h>
#include <linux/module.h>

static noinline ssize_t unbind_store(struct device_driver *drv, const char *buf, size_t count)
{
	return count;
}
static DRIVER_ATTR_WO(unbind);

/* Or the compiler drops both. */
static void *keep __used = &driver_attr_unbind;

MODULE_DESCRIPTION("Has a function of a name that the driver core has too");
MODULE_LICENSE("GPL");
