#!/bin/sh
# The host before and after a run that ended by itself, and one that was killed at the worst instant.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

mask=/sys/devices/virtual/workqueue/cpumask
read -r whole <$mask
is_narrowed() { read -r now <$mask && [ "$now" != "$whole" ]; }
is_quiet() { ! grep -qs ^bindrace /proc/[0-9]*/comm; }

modprobe ext4
load_needs
snapshot before

step alone sh -c 'echo $$ >/first; exec bindrace stress --format json' &
alone=$!
within 60 test -s /run/bindrace.lock
step first cat /first
step second bindrace stress --format json
wait "$alone"
snapshot after

# killed PATTERN: a run of it is killed while the mask is narrowed.
killed() {
    bindrace stress --pattern "$1" --cycles 1000 >/dev/null 2>&1 &
    victim=$!
    step "$1-narrowed" within 60 is_narrowed
    kill -KILL "$victim"
}
# restored NAME: what is left of it is put back, also of the racer, which ends only when the kernel gives its threads back.
restored() {
    step "$1-list" bindrace restore --list
    step "$1-restore" bindrace restore
    snapshot "$1-restored"
}
for pattern in hotplug-async driver-load-async; do
    killed $pattern
    restored $pattern
done

# Somebody takes into use what a killed run left.
killed hotplug-async
within 60 is_quiet
[ -e /sys/bus/scsi/devices/0:0:0:0 ] || echo '0 0 0' >/sys/class/scsi_host/host0/scan
within 10 test -e /sys/bus/scsi/devices/0:0:0:0/driver || echo 0:0:0:0 >/sys/bus/scsi/drivers/sd/bind
within 10 test -b /dev/sda
mke2fs /dev/sda >/dev/null
mkdir -p /mnt
mount /dev/sda /mnt
step used-kept bindrace restore
step used-still grep /mnt /proc/mounts
umount /mnt
restored used

# Ctrl-C and a service manager end a run the same way.
interrupted() {
    bindrace stress --pattern hotplug-async --cycles 1000 --format json &
    victim=$!
    within 60 is_narrowed
    kill -TERM "$victim"
    wait "$victim"
}
step interrupted interrupted
snapshot interrupted-after
