#!/bin/sh
# A probe that holds the device's lock for more than a minute.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe sd_mod
modprobe scsi_debug max_luns=1 dev_size_mb=8 delay=0
within 10 test -b /dev/sda
# Else unbind would flush the disk's cache, and be slow too.
echo 'write through' >/sys/class/scsi_disk/0:0:0:0/cache_type
# Jiffies of 4 ms that each of about 19 commands takes.
echo 900 >/sys/bus/pseudo/drivers/scsi_debug/delay

step hang race unbind-rebind scsi/0:0:0:0 --cycles 3 --deadline 5s
step driver readlink /sys/bus/scsi/devices/0:0:0:0/driver
