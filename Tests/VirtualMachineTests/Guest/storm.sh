#!/bin/sh
# $STORM real events of other devices, as fast as they can be made, beside a race of $STORM_TIME.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe -a virtio_rng dummy
rmmod dummy
for device in /sys/bus/virtio/drivers/virtio_rng/virtio*; do target=virtio/${device##*/}; done

seqnum() { cat /sys/kernel/uevent_seqnum; }
is_recording() { for instance in /sys/kernel/tracing/instances/bindrace_*; do [ -e "$instance" ]; return; done; }

# Each link sends its events when it comes, and when it goes.
storm() {
    within 60 is_recording || exit
    end=$(($(seqnum) + STORM))
    while [ "$(seqnum)" -lt "$end" ]; do modprobe dummy numdummies=200 && rmmod dummy; done
    touch /stormed
}

# stormy NAME OPTION...: the race, and how many events the kernel numbered from its begin to its end.
stormy() {
    name=$1
    shift
    rm -f /stormed
    storm &
    begin=$(seqnum)
    step "$name" race unbind-rebind "$target" --window 0 --duration "${STORM_TIME}s" "$@"
    step "$name-events" echo $(($(seqnum) - begin))
    step "$name-stormed" test -e /stormed
    wait
}
stormy whole
stormy small-buffer --uevent-buffer 4096
