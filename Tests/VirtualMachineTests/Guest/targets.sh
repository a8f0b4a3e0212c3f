#!/bin/sh
# Devices of every kind that a stock kernel offers: of the machine, and made by bindrace.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe -a virtio_rng nvme i2c-i801
for device in /sys/bus/virtio/drivers/virtio_rng/virtio*; do rng=virtio/${device##*/}; done
for device in /sys/bus/virtio/drivers/virtio_console/virtio*; do console=virtio/${device##*/}; done
for device in /sys/bus/pci/drivers/nvme/*:*; do nvme=pci/${device##*/}; done
for device in /sys/bus/pci/drivers/i801_smbus/*:*; do smbus=$device; done
port=$(readlink -f "/sys/bus/virtio/devices/${console#*/}/..")

load_needs
snapshot before

# races NAME TARGET CYCLES PATTERN...: one run of all of them.
races() {
    name=$1 target=$2 cycles=$3 first=$4
    shift 4
    # shellcheck disable=SC2046
    step "$name" race "$first" $([ $# = 0 ] || printf ' --pattern %s' "$@") "$target" --cycles "$cycles"
}
races virtio "$rng" 5 hotplug-async refused-unbind unbind-rebind
races nvme "$nvme" 5 unbind-rebind hotplug-async remove-vs-unbind pci-stop rescan-present
races pcspkr platform/pcspkr 10 driver-load-async unbind-rebind override-bypass
races i2c_stub provider:i2c_stub 5 hotplug-async refused-unbind unbind-rebind
races dummy_hcd provider:dummy_hcd 5 hotplug-async refused-unbind unbind-rebind
step uhid race unbind-during-probe --pattern unbind-rebind provider:uhid --cycles 5 --save-evidence /evidence
show_evidence() {
    for file in /evidence/C4-*; do
        cat "$file"
        echo
    done
}
step uhid-evidence show_evidence
# A load can fall into a pause of the spinner.
for target in "virtio $rng" "nvme $nvme" "smbus pci/${smbus##*/}" "i2c_stub provider:i2c_stub" "uhid provider:uhid" "dummy_hcd provider:dummy_hcd"; do
    races "${target%% *}-load" "${target#* }" 10 driver-load-async
done

# What is in use stays, also where only what is above it would be touched.
step refused-virtio race hotplug-async "$console"
step refused-pci race hotplug-async "pci/${port##*/}"
step refused-uhid race hotplug-async provider:uhid
snapshot after

mask=/sys/devices/virtual/workqueue/cpumask
read -r whole <$mask
is_narrowed() { read -r now <$mask && [ "$now" != "$whole" ]; }
is_quiet() { ! grep -qs ^bindrace /proc/[0-9]*/comm; }
parent=$(readlink -f "/sys/bus/virtio/devices/${rng#*/}/..")
is_unbound() { [ ! -e "$parent/driver" ]; }

# kill_run TARGET PATTERN CONDITION: kills a run in the midst of a race, once the condition holds.
kill_run() {
    bindrace stress "$1" --pattern "$2" --cycles 1000 >/dev/null 2>&1 &
    victim=$!
    within 60 "$3"
    kill -KILL "$victim"
    within 60 is_quiet
}

# It may have got further in the meantime.
kill_unbound() {
    tries=0
    until kill_run "$rng" hotplug-async is_unbound && is_unbound; do
        tries=$((tries + 1))
        [ "$tries" -lt 20 ] || return
        bindrace restore
    done
}

# killed NAME COMMAND...: what restore makes of a run that the command killed.
killed() {
    name=$1
    shift
    step "killed-$name" "$@"
    step "killed-$name-restore" bindrace restore
    snapshot "killed-$name-restored"
}
killed virtio kill_unbound
killed i2c_stub kill_run provider:i2c_stub hotplug-async is_narrowed
killed uhid kill_run provider:uhid driver-load-async is_narrowed
killed dummy_hcd kill_run provider:dummy_hcd hotplug-async is_narrowed

# To unbind the root hub takes the device on its port along, which is open here.
modprobe dummy_hcd
modprobe g_serial use_acm=0 idVendor=0x0525 idProduct=0xa4a0
within 20 test -c /dev/bus/usb/001/002
exec 3</dev/bus/usb/001/002
step refused-sibling race hotplug-async usb/1-0:1.0
