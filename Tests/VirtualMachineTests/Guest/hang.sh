#!/bin/sh
# Probes that hold a device's lock for $HELD seconds, and one that is in nobody's way but lasts.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe sd_mod
modprobe scsi_debug max_luns=1 dev_size_mb=8 delay=0
within 10 test -b /dev/sda
# How many commands a bind sends is another number on each kernel (19 on 6.1, 31 on 6.12); each shall take so many jiffies of 4 ms that all
# of them take that long.
sent() { printf '%d' "$(cat /sys/bus/scsi/devices/0:0:0:0/iorequest_cnt)"; }
echo 0:0:0:0 >/sys/bus/scsi/drivers/sd/unbind
commands=$(sent)
echo 0:0:0:0 >/sys/bus/scsi/drivers/sd/bind
commands=$(($(sent) - commands))
echo "  a bind sends $commands commands" >&2
# Else unbind would flush the disk's cache, and be slow too.
echo 'write through' >/sys/class/scsi_disk/0:0:0:0/cache_type
delay=/sys/bus/pseudo/drivers/scsi_debug/delay
echo $((HELD * 250 / commands)) >$delay

# So slow a disk cannot be read before it is raced, and then it counts as in use.
step hang race unbind-rebind scsi/0:0:0:0 --allow-in-use scsi/0:0:0:0 --cycles 3 --deadline 5s
step driver readlink /sys/bus/scsi/devices/0:0:0:0/driver
# It waits for the lock, so its time shows how long the probe still went on.
step unbind-afterwards sh -c 'echo 0:0:0:0 >/sys/bus/scsi/drivers/sd/unbind'
echo 0 >$delay
echo 0:0:0:0 >/sys/bus/scsi/drivers/sd/bind

# Two devices of one bus, of which the first hangs, and one of another bus.
modprobe bindrace_fixture
cd /sys/devices/bindrace_fixture || exit
echo 0 >driver_a/async
echo 1 >driver_a/registered
echo 1 >device0/present
echo 1 >device1/present
snapshot before
echo $((HELD * 1000)) >device0/probe_ms
step others race unbind-rebind platform/bindrace_fixture.0 platform/bindrace_fixture.1 scsi/0:0:0:0 --cycles 3 --deadline 5s
echo 0 >device0/probe_ms
snapshot after

# Asynchronous work that is nobody's verb: while it goes on, no end of a cycle is known.
echo 1 >driver_b/registered
echo bindrace_fixture_b >bindrace_fixture.0/driver_override
echo 0 >driver_a/registered
work_for() {
    echo 0 >device1/present
    echo $(($1 * 1000)) >device1/probe_ms
    echo 1 >device1/present
}
work_for 30
step stuck race unbind-rebind scsi/0:0:0:0 --cycles 3 --deadline 1s

# bindrace waits for it for 120 s at its end, and no longer.
[ -n "$ENDLESS" ] || exit 0
snapshot before-endless
work_for 150
step endless race unbind-rebind scsi/0:0:0:0 --cycles 3 --deadline 1s
within 60 test -e bindrace_fixture.1/driver
step endless-restore bindrace restore
snapshot after-endless

# The kernel finds itself damaged in a probe, and ends who wrote the bind. That is the last: the device's lock stays taken.
echo 1 >device2/present
within 10 test -e bindrace_fixture.2/driver
echo 1 >device2/probe_bug
step damaged race unbind-rebind platform/bindrace_fixture.2 --cycles 3 --deadline 5s
