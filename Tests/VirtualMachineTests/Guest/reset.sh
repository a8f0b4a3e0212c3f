#!/bin/sh
# A machine that resets in the midst of a race; the ledger is on a disk that the next boot has too.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe -a virtio_blk ext4
within 10 test -b /dev/vda
mke2fs -m 0 -b 1024 /dev/vda >/dev/null
mkdir -p /var/lib/bindrace
mount /dev/vda /var/lib/bindrace

mask=/sys/devices/virtual/workqueue/cpumask
read -r whole <$mask
is_narrowed() { read -r now <$mask && [ "$now" != "$whole" ]; }
bindrace stress --pattern hotplug-async --cycles 1000 >/dev/null 2>&1 &
within 60 is_narrowed || exit
echo b >/proc/sysrq-trigger
sleep 60
