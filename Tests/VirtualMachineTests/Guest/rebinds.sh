#!/bin/sh
# The control unbind-rebind on a synchronous driver: alone, with weaker evidence, and disturbed in every way.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe -a virtio_rng dummy
rmmod dummy
for device in /sys/bus/virtio/drivers/virtio_rng/virtio*; do target=virtio/${device##*/}; done

rebind() { race unbind-rebind "$target" "$@"; }

# beside COMMAND...: runs a function in the background while the next step runs.
beside() {
    touch /disturbing
    while [ -e /disturbing ]; do "$@"; done 2>/dev/null &
    disturber=$!
}
alone() {
    rm /disturbing
    wait "$disturber"
}

step alone rebind --cycles "$REBINDS"
step by-uevents rebind --cycles 5 --evidence uevent

binder() { echo "${target#*/}" >/sys/bus/virtio/drivers/virtio_rng/bind; }
beside binder
step binder-pid echo "$disturber"
step foreign rebind --cycles 10
alone

modprobe dummy numdummies=0
in_another_namespace() { unshare -n sh -c 'ip link add race0 type dummy && ip link del race0'; }
beside in_another_namespace
step other-namespace rebind --cycles 10
alone
