// SPDX-License-Identifier: GPL-2.0
/*
 * bindrace_fixture - platform devices and drivers that come, go, defer, fail
 * and take their time as a test says, through /sys/devices/bindrace_fixture.
 * README.md has the interface. For throwaway virtual machines only.
 *
 * Locks. The mutex of a slot is held over all of device_add() and device_del(),
 * that of a driver over all of driver_register() and driver_unregister(), so
 * that writes to one file happen one after another. Probes run inside, and
 * under the device lock; hence:
 *
 *   slot->lock or driver->lock  >  device lock  >  nothing of ours
 *   slot->lock (of the consumer)  >  suppliers_lock  >  device_link_add()'s
 *
 * Probe and remove take no lock of ours: the numbers they read are whole words
 * that may change at any time. No mutex of a slot nests in another's, so two
 * slots that name each other as supplier cannot deadlock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/version.h>

/* It only reads the type, and did not say so then. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define kobject_init_and_add(kobj, type, ...)				\
	kobject_init_and_add(kobj, (struct kobj_type *)(type), __VA_ARGS__)
#endif

#define NAME		"bindrace_fixture"
#define MOST_SLOTS	1024
#define MOST_DRIVERS	4
#define MOST_MS		3600000
#define MOST_BUSY_US	100000

struct slot {
	struct kobject kobj;		/* deviceN */
	struct mutex lock;
	int number;
	struct platform_device *pdev;	/* while present */
	int supplier;			/* number of a slot, or -1 */
	unsigned int probe_ms;
	unsigned int probe_busy_us;
	unsigned int remove_ms;
	unsigned int defer_ms;
	unsigned int add_ms;
	unsigned int error;
	unsigned int probe_warn;
	unsigned int probe_bug;
	unsigned int absent_warn;
	atomic_t defer;
	atomic_t probes;
};

struct fixture_driver {
	struct kobject kobj;		/* driver_X */
	struct mutex lock;
	bool registered;
	unsigned int async;
	unsigned int probe_ms;
	unsigned int error;
	char name[sizeof(NAME "_x")];
	struct platform_driver platform;
};

static unsigned int devices = 4;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "number of device slots, 1 to 1024 (default 4)");

static unsigned int drivers = 2;
module_param(drivers, uint, 0444);
MODULE_PARM_DESC(drivers, "number of drivers, 1 to 4 (default 2)");

static struct device *root;
static struct slot *slots[MOST_SLOTS];
static struct fixture_driver *fixture_drivers[MOST_DRIVERS];
/* Keeps a supplier from being removed while a link to it is made. */
static DEFINE_MUTEX(suppliers_lock);

static int parse(const char *buf, unsigned int most, unsigned int *value)
{
	return kstrtouint(buf, 10, value) || *value > most ? -EINVAL : 0;
}

/*
 * A file that is nothing but a number of the structure that the folder is
 * embedded in.
 */
struct number {
	struct kobj_attribute attr;
	size_t offset;			/* from the folder's kobject */
	unsigned int most;
};

static unsigned int *number_of(struct kobject *kobj,
			       struct kobj_attribute *attr)
{
	struct number *number = container_of(attr, struct number, attr);

	return (void *)kobj + number->offset;
}

static ssize_t number_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(*number_of(kobj, attr)));
}

static ssize_t number_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	unsigned int value;

	if (parse(buf, container_of(attr, struct number, attr)->most, &value))
		return -EINVAL;
	WRITE_ONCE(*number_of(kobj, attr), value);
	return count;
}

#define NUMBER(type, field, limit)					\
	static struct number type##_##field = {				\
		.attr = __ATTR(field, 0600, number_show, number_store),	\
		.offset = offsetof(struct type, field) -		\
			  offsetof(struct type, kobj),			\
		.most = limit,						\
	}

/* --- the drivers' side: probe and remove --- */

/* Burns this CPU: msleep() would give it away, which is not what races need. */
static void keep_busy(unsigned int us)
{
	ktime_t end = ktime_add_us(ktime_get(), us);

	while (ktime_before(ktime_get(), end))
		cpu_relax();
}

static struct fixture_driver *driver_of(struct platform_device *pdev)
{
	struct platform_driver *platform =
		to_platform_driver(pdev->dev.driver);

	return container_of(platform, struct fixture_driver, platform);
}

/* Another device can get here by its driver_override. */
static struct slot *slot_of(struct device *dev)
{
	int id = to_platform_device(dev)->id;

	if (dev->parent != root || id < 0 || id >= devices)
		return NULL;
	return slots[id];
}

/* Its callers hold the device's or the slot's lock, so no other takes one. */
static void warn_if_told(unsigned int *count, struct device *dev)
{
	unsigned int left = READ_ONCE(*count);

	if (!left)
		return;
	WRITE_ONCE(*count, left - 1);
	WARN(1, "%s was told to warn\n", dev_name(dev));
}

static int fixture_probe(struct platform_device *pdev)
{
	struct fixture_driver *driver = driver_of(pdev);
	struct slot *slot = slot_of(&pdev->dev);
	unsigned int error;

	if (!slot)
		return -ENODEV;
	atomic_inc(&slot->probes);
	warn_if_told(&slot->probe_warn, &pdev->dev);
	/* Who probes is ended here, and the device's lock stays taken. */
	BUG_ON(READ_ONCE(slot->probe_bug));

	if (atomic_dec_if_positive(&slot->defer) >= 0) {
		msleep(READ_ONCE(slot->defer_ms));
		return -EPROBE_DEFER;
	}

	keep_busy(READ_ONCE(slot->probe_busy_us));
	msleep(READ_ONCE(slot->probe_ms) + READ_ONCE(driver->probe_ms));
	error = READ_ONCE(slot->error);
	if (!error)
		error = READ_ONCE(driver->error);
	return -(int)error;
}

static void fixture_remove(struct platform_device *pdev)
{
	struct slot *slot = slot_of(&pdev->dev);

	if (slot)
		msleep(READ_ONCE(slot->remove_ms));
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
/* It returned a value then. */
static int platform_remove(struct platform_device *pdev)
{
	fixture_remove(pdev);
	return 0;
}
#else
#define platform_remove fixture_remove
#endif

/*
 * No MODULE_DEVICE_TABLE(): a device of ours must not make anybody load
 * anything.
 */
static const struct platform_device_id fixture_ids[] = {
	{ .name = NAME },
	{ }
};

/* --- the devices' side: what happens while one is added --- */

static void link_to_supplier(struct device *consumer, int number)
{
	struct slot *supplier = slots[number];	/* NULL during our load */
	struct device_link *link = NULL;

	mutex_lock(&suppliers_lock);
	/*
	 * AUTOPROBE_CONSUMER excludes both AUTOREMOVE flags, so the link
	 * stays until one of the devices goes (device_links_purge()).
	 */
	if (supplier && supplier->pdev)
		link = device_link_add(consumer, &supplier->pdev->dev,
				       DL_FLAG_AUTOPROBE_CONSUMER);
	mutex_unlock(&suppliers_lock);
	if (!link)
		dev_warn(consumer, "no link: supplier %d is absent or depends on it\n",
			 number);
}

/*
 * device_add() calls this when the device is on the bus, so that others find
 * it, and before the ADD uevent and bus_probe_device(). It runs in the
 * context of the write to "present", which holds the slot's mutex.
 */
static int fixture_notify(struct notifier_block *block, unsigned long action,
			  void *data)
{
	struct device *dev = data;
	struct slot *slot;
	int supplier;

	if (action != BUS_NOTIFY_ADD_DEVICE)
		return NOTIFY_DONE;
	slot = slot_of(dev);
	if (!slot)
		return NOTIFY_DONE;
	supplier = READ_ONCE(slot->supplier);
	if (supplier >= 0)
		link_to_supplier(dev, supplier);
	msleep(READ_ONCE(slot->add_ms));
	return NOTIFY_OK;
}

static struct notifier_block fixture_notifier = {
	.notifier_call = fixture_notify,
};

static int slot_add(struct slot *slot)
{
	struct platform_device *pdev;
	int ret;

	if (slot->pdev)
		return 0;
	pdev = platform_device_alloc(NAME, slot->number);
	if (!pdev)
		return -ENOMEM;
	pdev->dev.parent = root;
	ret = platform_device_add(pdev);
	if (ret) {
		platform_device_put(pdev);
		return ret;
	}
	mutex_lock(&suppliers_lock);
	WRITE_ONCE(slot->pdev, pdev);
	mutex_unlock(&suppliers_lock);
	return 0;
}

static void slot_remove(struct slot *slot)
{
	struct platform_device *pdev = slot->pdev;

	if (!pdev)
		return;
	warn_if_told(&slot->absent_warn, &pdev->dev);
	/* From here on no link to it is made any more. */
	mutex_lock(&suppliers_lock);
	WRITE_ONCE(slot->pdev, NULL);
	mutex_unlock(&suppliers_lock);
	platform_device_unregister(pdev);
}

/* --- deviceN/ --- */

static struct slot *slot_of_folder(struct kobject *kobj)
{
	return container_of(kobj, struct slot, kobj);
}

/* Reading waits for nothing: 1 from the end of device_add() to the next 0. */
static ssize_t present_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  READ_ONCE(slot_of_folder(kobj)->pdev) != NULL);
}

static ssize_t present_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	struct slot *slot = slot_of_folder(kobj);
	unsigned int value;
	int ret = 0;

	if (parse(buf, 1, &value))
		return -EINVAL;
	/* Killable: the one before may sleep for long in a probe. */
	if (mutex_lock_killable(&slot->lock))
		return -EINTR;
	if (value)
		ret = slot_add(slot);
	else
		slot_remove(slot);
	mutex_unlock(&slot->lock);
	return ret ?: count;
}

static ssize_t supplier_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  READ_ONCE(slot_of_folder(kobj)->supplier));
}

static ssize_t supplier_store(struct kobject *kobj,
			      struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	struct slot *slot = slot_of_folder(kobj);
	int value;

	if (kstrtoint(buf, 10, &value) || value < -1 ||
	    value >= (int)devices || value == slot->number)
		return -EINVAL;
	WRITE_ONCE(slot->supplier, value);
	return count;
}

static ssize_t defer_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  atomic_read(&slot_of_folder(kobj)->defer));
}

static ssize_t defer_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	unsigned int value;

	if (parse(buf, INT_MAX, &value))
		return -EINVAL;
	atomic_set(&slot_of_folder(kobj)->defer, value);
	return count;
}

static ssize_t probes_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  atomic_read(&slot_of_folder(kobj)->probes));
}

static struct kobj_attribute slot_present = __ATTR_RW_MODE(present, 0600);
static struct kobj_attribute slot_supplier = __ATTR_RW_MODE(supplier, 0600);
static struct kobj_attribute slot_defer = __ATTR_RW_MODE(defer, 0600);
static struct kobj_attribute slot_probes =
	__ATTR(probes, 0400, probes_show, NULL);
NUMBER(slot, probe_ms, MOST_MS);
NUMBER(slot, probe_busy_us, MOST_BUSY_US);
NUMBER(slot, remove_ms, MOST_MS);
NUMBER(slot, defer_ms, MOST_MS);
NUMBER(slot, add_ms, MOST_MS);
NUMBER(slot, error, MAX_ERRNO);
NUMBER(slot, probe_warn, INT_MAX);
NUMBER(slot, probe_bug, 1);
NUMBER(slot, absent_warn, INT_MAX);

static struct attribute *slot_attrs[] = {
	&slot_present.attr,
	&slot_supplier.attr,
	&slot_defer.attr,
	&slot_probes.attr,
	&slot_probe_ms.attr.attr,
	&slot_probe_busy_us.attr.attr,
	&slot_remove_ms.attr.attr,
	&slot_defer_ms.attr.attr,
	&slot_add_ms.attr.attr,
	&slot_error.attr.attr,
	&slot_probe_warn.attr.attr,
	&slot_probe_bug.attr.attr,
	&slot_absent_warn.attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(slot);

static void slot_release(struct kobject *kobj)
{
	kfree(slot_of_folder(kobj));
}

static const struct kobj_type slot_type = {
	.release = slot_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = slot_groups,
};

/* --- driver_X/ --- */

static struct fixture_driver *driver_of_folder(struct kobject *kobj)
{
	return container_of(kobj, struct fixture_driver, kobj);
}

static int driver_add(struct fixture_driver *driver)
{
	int ret = 0;

	if (!driver->registered)
		ret = platform_driver_register(&driver->platform);
	if (!ret)
		WRITE_ONCE(driver->registered, true);
	return ret;
}

/*
 * Waits for probes: driver_detach() for asynchronous ones
 * (async_synchronize_full()) and, by the device lock, for those that bound;
 * bus_remove_driver() for writers of its files and for those that walk the
 * bus's list of drivers.
 */
static void driver_remove(struct fixture_driver *driver)
{
	if (!driver->registered)
		return;
	WRITE_ONCE(driver->registered, false);
	platform_driver_unregister(&driver->platform);
}

/* Reading waits for nothing: 1 from the end of registering to the next 0. */
static ssize_t registered_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  READ_ONCE(driver_of_folder(kobj)->registered));
}

static ssize_t registered_store(struct kobject *kobj,
				struct kobj_attribute *attr, const char *buf,
				size_t count)
{
	struct fixture_driver *driver = driver_of_folder(kobj);
	unsigned int value;
	int ret = 0;

	if (parse(buf, 1, &value))
		return -EINVAL;
	if (mutex_lock_killable(&driver->lock))
		return -EINTR;
	if (value)
		ret = driver_add(driver);
	else
		driver_remove(driver);
	mutex_unlock(&driver->lock);
	return ret ?: count;
}

static ssize_t async_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(driver_of_folder(kobj)->async));
}

/*
 * Not while registered: driver_detach() waits for asynchronous probes only
 * where the driver still says that it has some.
 */
static ssize_t async_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	struct fixture_driver *driver = driver_of_folder(kobj);
	unsigned int value;
	int ret = 0;

	if (parse(buf, 1, &value))
		return -EINVAL;
	if (mutex_lock_killable(&driver->lock))
		return -EINTR;
	if (driver->registered) {
		ret = -EBUSY;
	} else {
		WRITE_ONCE(driver->async, value);
		driver->platform.driver.probe_type = value ?
			PROBE_PREFER_ASYNCHRONOUS : PROBE_FORCE_SYNCHRONOUS;
	}
	mutex_unlock(&driver->lock);
	return ret ?: count;
}

static struct kobj_attribute driver_registered =
	__ATTR_RW_MODE(registered, 0600);
static struct kobj_attribute driver_async = __ATTR_RW_MODE(async, 0600);
NUMBER(fixture_driver, probe_ms, MOST_MS);
NUMBER(fixture_driver, error, MAX_ERRNO);

static struct attribute *driver_attrs[] = {
	&driver_registered.attr,
	&driver_async.attr,
	&fixture_driver_probe_ms.attr.attr,
	&fixture_driver_error.attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(driver);

static void driver_release(struct kobject *kobj)
{
	kfree(driver_of_folder(kobj));
}

static const struct kobj_type driver_type = {
	.release = driver_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = driver_groups,
};

/* --- the root --- */

static ssize_t rescan_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	unsigned int value;
	int ret;

	if (parse(buf, 1, &value) || !value)
		return -EINVAL;
	ret = bus_rescan_devices(&platform_bus_type);
	/* Not an errno for user space; "bind" says it like this too. */
	if (ret == -EPROBE_DEFER)
		ret = -EAGAIN;
	return ret ?: count;
}
static DEVICE_ATTR(rescan, 0200, NULL, rescan_store);

/* --- loading and unloading --- */

/* What these two leave behind where they fail goes in take_away(). */
static int __init make_slot(unsigned int number)
{
	struct slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL);

	if (!slot)
		return -ENOMEM;
	mutex_init(&slot->lock);
	slot->number = number;
	slot->supplier = -1;
	slots[number] = slot;
	return kobject_init_and_add(&slot->kobj, &slot_type, &root->kobj,
				    "device%u", number);
}

static int __init make_driver(unsigned int number)
{
	struct fixture_driver *driver = kzalloc(sizeof(*driver), GFP_KERNEL);

	if (!driver)
		return -ENOMEM;
	mutex_init(&driver->lock);
	driver->async = 1;
	snprintf(driver->name, sizeof(driver->name), NAME "_%c", 'a' + number);
	driver->platform = (struct platform_driver) {
		.probe = fixture_probe,
		.remove = platform_remove,
		.id_table = fixture_ids,
		.driver = {
			.name = driver->name,
			.probe_type = PROBE_PREFER_ASYNCHRONOUS,
		},
	};
	fixture_drivers[number] = driver;
	return kobject_init_and_add(&driver->kobj, &driver_type, &root->kobj,
				    "driver_%c", 'a' + number);
}

static void remove_folder(struct kobject *kobj)
{
	if (kobj->state_in_sysfs)
		kobject_del(kobj);
}

static void take_away(void)
{
	int i;

	/*
	 * First the files, so that nobody adds anything any more:
	 * kernfs_drain() waits for those who are writing. The memory behind
	 * the folders is needed to the end, by probes.
	 */
	device_remove_file(root, &dev_attr_rescan);
	for (i = 0; i < MOST_DRIVERS && fixture_drivers[i]; i++)
		remove_folder(&fixture_drivers[i]->kobj);
	for (i = 0; i < MOST_SLOTS && slots[i]; i++)
		remove_folder(&slots[i]->kobj);

	/* When no driver is left, no probe runs and none can begin. */
	for (i = 0; i < MOST_DRIVERS && fixture_drivers[i]; i++)
		driver_remove(fixture_drivers[i]);
	for (i = 0; i < MOST_SLOTS && slots[i]; i++)
		slot_remove(slots[i]);
	bus_unregister_notifier(&platform_bus_type, &fixture_notifier);

	for (i = 0; i < MOST_DRIVERS && fixture_drivers[i]; i++)
		kobject_put(&fixture_drivers[i]->kobj);
	for (i = 0; i < MOST_SLOTS && slots[i]; i++)
		kobject_put(&slots[i]->kobj);
	root_device_unregister(root);
}

static int __init fixture_init(void)
{
	unsigned int i;
	int ret;

	if (devices < 1 || devices > MOST_SLOTS) {
		pr_err("devices: 1 to %d, not %u\n", MOST_SLOTS, devices);
		return -EINVAL;
	}
	if (drivers < 1 || drivers > MOST_DRIVERS) {
		pr_err("drivers: 1 to %d, not %u\n", MOST_DRIVERS, drivers);
		return -EINVAL;
	}

	root = root_device_register(NAME);
	if (IS_ERR(root))
		return PTR_ERR(root);
	ret = bus_register_notifier(&platform_bus_type, &fixture_notifier);
	for (i = 0; !ret && i < devices; i++)
		ret = make_slot(i);
	for (i = 0; !ret && i < drivers; i++)
		ret = make_driver(i);
	if (!ret)
		ret = device_create_file(root, &dev_attr_rescan);
	if (ret)
		take_away();
	return ret;
}

static void __exit fixture_exit(void)
{
	take_away();
}

module_init(fixture_init);
module_exit(fixture_exit);
MODULE_DESCRIPTION("Devices and drivers for racing the driver core in a test");
MODULE_LICENSE("GPL");
