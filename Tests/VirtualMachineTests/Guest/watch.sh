#!/bin/sh
# bindrace watch looks on while a PCI device with a virtio device below it is unbound, bound, removed and found again.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe virtio_rng
rng() { grep -lE '0x10(05|44)$' /sys/bus/pci/devices/*/device | grep -o '[^/]*/device$' | head -n 1; }
is_there() { [ "$(rng)" ]; }
within 10 is_there || exit 1
device=$(rng)
device=${device%/device}
driver=/sys/bus/pci/drivers/virtio-pci
is_bound() { [ -e "/sys/bus/pci/devices/$device/driver" ]; }
within 10 is_bound
bindrace watch >/watch 2>&1 &
watch=$!
within 30 grep -q '^FINDING - ' /watch

read_lines=0
mark() { read_lines=$(wc -l </watch); }
new() { tail -n "+$((read_lines + 1))" /watch; }
is_told() { new | grep -q "$1"; }
# does NAME WHAT COMMAND...: COMMAND, until WHAT was told of it.
does() {
    name=$1 what=$2
    shift 2
    mark
    step "$name-done" "$@"
    step "$name-told" within 20 is_told "$what"
    step "$name" new
}
writes() { echo "$1" >"$2"; }

does unbind '^TRACE.* unbind ' writes "$device" $driver/unbind
does bind '^TRACE.* bind ' writes "$device" $driver/bind
does refused '^TRACE.* unbind ' writes none $driver/unbind
does nothing '^TRACE.* unbind ' writes '' $driver/unbind
does remove "^TRACE.* remove .*/$device " writes 1 "/sys/bus/pci/devices/$device/remove"
does rescan "^TRACE.* attach .*/$device " writes 1 /sys/bus/pci/rescan
kill -TERM $watch
wait $watch
step ended echo $?
