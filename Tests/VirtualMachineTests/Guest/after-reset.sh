#!/bin/sh
# The boot after reset.sh, and what becomes of a run where the ledger's disk is full.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe -a virtio_blk ext4
within 10 test -b /dev/vda
mkdir -p /var/lib/bindrace
mount /dev/vda /var/lib/bindrace
ledgers=/var/lib/bindrace/ledger

step left ls $ledgers
ls -d /sys/bus/*/devices/* >/devices
step list bindrace restore --list
cat /proc/modules >/modules
step restore bindrace restore
step modules diff /modules /proc/modules
step kept ls $ledgers
load_needs
snapshot before
step again race hotplug-async --cycles 3
snapshot after

# Anew: nobody has repaired the file system after the reset.
umount /dev/vda
mke2fs -m 0 -b 1024 /dev/vda >/dev/null
mount /dev/vda /var/lib/bindrace
mkdir $ledgers

# What a run has room for later.
dd if=/dev/zero of=/var/lib/bindrace/spare bs=1k count=1 2>/dev/null
sync
dd if=/dev/zero of=/var/lib/bindrace/fill bs=1k 2>/dev/null
sync

# A ledger longer than a block: it names all modules, and all platform devices without a driver.
find /lib/modules/ -name 'nls_*.ko*' | sed 's|.*/||; s|[.].*||' | xargs modprobe -a pcspkr
snapshot full-before
step full-at-once race hotplug-async --cycles 3
snapshot full-at-once-after
rm /var/lib/bindrace/spare
sync
step full-later race driver-load-async platform/pcspkr --cycles 3
snapshot full-later-after
