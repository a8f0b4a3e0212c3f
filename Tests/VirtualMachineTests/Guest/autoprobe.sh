#!/bin/sh
# Disks of others that go and come again while A6 has their bus find no drivers.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe -a sd_mod virtio_scsi
within 20 test -e /sys/block/sda
device=$(readlink -f /sys/block/sda/device) device=${device##*/}
host=/sys/class/scsi_host/host${device%%:*}/scan
read_autoprobe() { cat /sys/bus/scsi/drivers_autoprobe; }
snapshot before

# come_and_go: until the file /over is there, a line each time that the disk came: how long it had no driver, in centiseconds, and whether the bus found
# none just before or after it came. It waits for the driver of each for longer than a cycle takes.
come_and_go() {
    while [ ! -e /over ]; do
        echo 1 >"/sys/bus/scsi/devices/$device/delete"
        found=$(read_autoprobe)
        echo '- - -' >"$host"
        came=$(clock) found=$found$(read_autoprobe)
        within 30 test -e "/sys/bus/scsi/devices/$device/driver" || { echo "never $found"; return; }
        echo "$(($(clock) - came)) $found"
    done
}
come_and_go >/came &
# No CPU is held, which the disk's own scan would wait for.
step race race autoprobe-off --widen none --cycles 60
: >/over
wait
step came cat /came
step driver readlink "/sys/bus/scsi/devices/$device/driver"
snapshot after
