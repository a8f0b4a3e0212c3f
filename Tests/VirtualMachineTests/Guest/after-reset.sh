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

# full KIB: the next run finds so much room.
full() {
    rm -f /var/lib/bindrace/fill
    [ "$1" = 0 ] || dd if=/dev/zero of=/var/lib/bindrace/room bs=1k count="$1"
    dd if=/dev/zero of=/var/lib/bindrace/fill bs=1k
    rm -f /var/lib/bindrace/room
    sync
} 2>/dev/null
full 0
step full-at-once race hotplug-async --cycles 3
snapshot full-at-once-after
full 1
step full-later race hotplug-async --cycles 3
snapshot full-later-after
