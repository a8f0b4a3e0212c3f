#!/bin/sh
# Somebody's own test of a disk, who knows nothing of bindrace: takes DEVICE of the SCSI HOST away, brings it back, and binds and unbinds it
# while the kernel's own probe of it has to wait. Ends when it has done so five times. udevd stands still meanwhile: a disk that it has open
# while the next one comes to the same queue oopses 6.12.117 (docs/service.md).
device=$1 host=$2
mask=/sys/devices/virtual/workqueue/cpumask
read -r whole <$mask
echo 1 >$mask
for _ in 1 2 3 4 5; do
    udevadm settle
    udevadm control --stop-exec-queue
    echo 1 >"/sys/bus/scsi/devices/$device/delete"
    rm -f /run/held
    timeout 1 taskset 1 chrt -f 10 sh -c ': >/run/held; while :; do :; done' &
    until [ -e /run/held ]; do :; done
    echo '- - -' >"/sys/class/scsi_host/host$host/scan"
    echo "$device" >/sys/bus/scsi/drivers/sd/bind
    echo "$device" >/sys/bus/scsi/drivers/sd/unbind
    wait $!
    udevadm control --start-exec-queue
done
echo "$whole" >$mask
