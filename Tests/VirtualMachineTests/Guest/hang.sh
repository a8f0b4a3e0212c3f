#!/bin/sh
# A probe that holds the device's lock for $HELD seconds.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe sd_mod
modprobe scsi_debug max_luns=1 dev_size_mb=8 delay=0
within 10 test -b /dev/sda
# Else unbind would flush the disk's cache, and be slow too.
echo 'write through' >/sys/class/scsi_disk/0:0:0:0/cache_type
# A bind sends 19 commands on 6.1 and 31 on 6.12; each shall take so many jiffies of 4 ms that all of them take that long.
case $(uname -r) in 6.1.*) commands=19 ;; *) commands=31 ;; esac
echo $((HELD * 250 / commands)) >/sys/bus/pseudo/drivers/scsi_debug/delay

step hang race unbind-rebind scsi/0:0:0:0 --cycles 3 --deadline 5s
step driver readlink /sys/bus/scsi/devices/0:0:0:0/driver
# It waits for the lock, so its time shows how long the probe still went on.
step unbind-afterwards sh -c 'echo 0:0:0:0 >/sys/bus/scsi/drivers/sd/unbind'
