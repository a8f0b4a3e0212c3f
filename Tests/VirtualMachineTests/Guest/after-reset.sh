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
snapshot before
step again race hotplug-async --cycles 3
snapshot after

# Anew: nobody has repaired the file system after the reset.
umount /dev/vda
mke2fs -m 0 -b 1024 /dev/vda >/dev/null
mount /dev/vda /var/lib/bindrace
mkdir $ledgers

# full KIB: the next run finds so much room.
full() {
    [ ! -e /var/lib/bindrace/fill ] || rm /var/lib/bindrace/fill
    dd if=/dev/zero of=/var/lib/bindrace/fill bs=1k count=$(($(room) - 100))
    sync
    # Its own map of blocks takes some.
    while [ "$(room)" -gt "$1" ] && dd if=/dev/zero bs=1k count=1 >>/var/lib/bindrace/fill; do sync; done
} 2>/dev/null
room() { df -k /var/lib/bindrace | awk 'END { print $4 }'; }
# Their names make the ledger longer than a block.
find /lib/modules -name 'nls_*.ko*' | sed 's|.*/||; s|[.].*||' | xargs modprobe -a
snapshot full-before
full 0
step full-at-once race hotplug-async --cycles 3
snapshot full-at-once-after
full 1
step full-later race hotplug-async --cycles 3
snapshot full-later-after
