#!/bin/sh
# A host where much is in use at once, on disks and cards of one kind, and attempts to race all of it. A spare disk stands in its midst.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

# node NUMBER: the block device of the SCSI disk with that number.
node() { (cd "/sys/bus/scsi/devices/$(scsi "$1")/block" && echo *); }
scsi() { (cd /sys/bus/scsi/devices && echo *:0:"$1":0); }
is_there() { [ -b "/dev/$(node "$1" 2>/dev/null)" ]; }
# The NVMe disk, which hangs on neither of its controllers.
nvme() { (cd /sys/class/nvme-subsystem/*/ && echo nvme*n1); }
has_nvme() { [ -b "/dev/$(nvme 2>/dev/null)" ] && [ -e /sys/class/nvme/nvme0 ] && [ -e /sys/class/nvme/nvme1 ]; }
# network MAC: the interface.
network() { (cd /sys/class/net && grep -l "$1" ./*/address | cut -d/ -f2); }

# The rest runs in a process whose root is a disk, which PID 1 does not see.
if [ "${1-begin}" = begin ]; then
    modprobe -a virtio_scsi sd_mod ext4 virtio_net nvme dm_mod raid1 loop sg atkbd i6300esb
    for disk in 0 1 2 3 4 5 6 7 8 9; do within 60 is_there $disk; done
    within 60 has_nvme
    mke2fs "/dev/$(node 0)" >/dev/null 2>&1
    mkdir -p /root-disk /steps
    # shellcheck disable=SC2016
    exec unshare -m sh -c '
        mount "/dev/$1" /root-disk && cd /root-disk && mkdir -p lib/modules steps tests proc sys dev run tmp root var/lib mnt
        cp -a /bin /sbin /usr /lib64 /etc .
        for part in /lib/*; do [ "$part" = /lib/modules ] || cp -a "$part" lib; done
        for part in lib/modules steps tests proc sys dev; do mount --rbind "/$part" "$part"; done
        exec chroot . sh /tests/guard.sh inside' sh "$(node 0)"
fi

# ---- what is in use

for name in data lvm md loop nvme late; do mkdir -p "/mnt/$name"; done
# file_system DEVICE NAME
file_system() { mke2fs "$1" >/dev/null && mount "$1" "/mnt/$2"; }

use_host() {
    mkswap "/dev/$(node 1)"
    swapon "/dev/$(node 1)"

    lvm pvcreate -qq "/dev/$(node 2)"
    lvm vgcreate -qq --config activation/monitoring=0 group "/dev/$(node 2)"
    lvm lvcreate -qq --config 'activation { udev_sync=0 udev_rules=0 monitoring=0 }' -Wn -l 100%FREE -n volume group
    file_system /dev/dm-0 lvm

    mkdir -p /run/mdadm
    export MDADM_NO_UDEV=1
    mdadm --create /dev/md0 --run --level=1 --metadata=1.2 --raid-devices=2 "/dev/$(node 3)" "/dev/$(node 4)"
    file_system /dev/md0 md

    file_system "/dev/$(node 5)" data
    truncate -s 16M /mnt/data/image
    losetup /dev/loop0 /mnt/data/image
    file_system /dev/loop0 loop

    mke2fs "/dev/$(node 6)"
    printf 'o\nn\np\n1\n\n\nw\n' | fdisk "/dev/$(node 7)"
    file_system "/dev/$(nvme)" nvme

    ip link set "$(network :01)" up
    ip address add 10.0.2.15/24 dev "$(network :01)"
    ip route add default via 10.0.2.2
    ip link set "$(network :02)" up
    ip address add 10.0.3.15/24 dev "$(network :02)"
}
# In a shell of its own, which ends at the first thing that fails.
if [ "$1" = use ]; then
    use_host
    exit
fi
step in-use sh -e /tests/guard.sh use
sleep 10000 | nc 10.0.3.100 7 >/dev/null 2>&1 &
is_connected() { grep -q ' 6403000A:0007 01 ' /proc/net/tcp; }
within 60 is_connected
sleep 10000 3</dev/watchdog &
sleep 10000 3</dev/tty1 &
within 20 test -e "/sys/class/block/$(node 7)1"

# health: that all of it works; and what the kernel complains of.
health() {
    date +%s >/run/token
    for name in data lvm md loop nvme; do
        cp /run/token "/mnt/$name/token"
    done
    cp /run/token /token
    sync
    echo 3 >/proc/sys/vm/drop_caches
    for file in /token /mnt/*/token; do cmp /run/token "$file" && echo "$file"; done
    grep -o ' /mnt/[a-z]* ' /proc/mounts
    grep -o '\[UU\]' /proc/mdstat
    lvm lvs --noheadings -o name,attr 2>/dev/null
    tail -n +2 /proc/swaps | cut -d' ' -f1
    ping -c 1 -q 10.0.2.2 | grep received
    is_connected && echo connected
    dmesg | grep -iE 'I/O error|EXT4-fs error|WARNING:|BUG:|Oops:|md.*(fail|fault)'
    true
}

# ---- attempts

# above PATH...: the devices there and all above them that are on a bus, as targets.
above() {
    for path; do
        path=$(readlink -f "$path")
        while [ "${path#/sys/devices/}" != "$path" ]; do
            bus=$(readlink -f "$path/subsystem")
            case $bus in /sys/bus/*) echo "${bus##*/}/${path##*/}" ;; esac
            path=${path%/*}
        done
    done
}
used() {
    for disk in 0 1 2 3 4 5 6 7; do above "/sys/class/block/$(node $disk)"; done
    above "/sys/class/net/$(network :01)" "/sys/class/net/$(network :02)" /sys/class/tty/ttyS0 /sys/class/nvme/nvme0 /sys/class/nvme/nvme1 \
        /sys/bus/pci/drivers/i6300ESB*/0000:* /sys/bus/serio/drivers/atkbd/serio*
}
used | sort -u >/run/used
step used cat /run/used

# Everything that the kernel tells of devices while they are attempted.
uevent >/run/uevents 2>/dev/null &
listener=$!
step health-before health
snapshot before

# shellcheck disable=SC2046,SC2086
attempt() { bindrace stress $(printf " --pattern %s" $REFUSED) --cycles 1 --format json --quiet "$@"; }
# A SCSI target has no driver, and is raced by nothing: one pattern will do.
# shellcheck disable=SC2046
step by-name attempt $(grep -v ^scsi/target /run/used)
# shellcheck disable=SC2046
step scsi-targets race unbind-rebind $(grep ^scsi/target /run/used)
step by-path attempt "/sys/bus/scsi/devices/$(scsi 1)" "$(readlink -f "/sys/bus/scsi/devices/$(scsi 2)")"
for driver in virtio/virtio_scsi virtio/virtio_net pci/virtio-pci pci/nvme; do
    step "by-driver-${driver#*/}" attempt "driver:$driver"
done
step no-device bindrace stress /sys/class/net/lo
step denied attempt "scsi/$(scsi 8)" "scsi/$(scsi 9)" --deny "scsi/$(scsi 8)" --deny "/sys/class/block/$(node 9)" --allow-in-use "scsi/$(scsi 8)"
step denied-above attempt "scsi/$(scsi 8)" --deny driver:virtio/virtio_scsi
step not-allowed attempt "scsi/$(scsi 8)" --allow "scsi/$(scsi 9)"
step devices bindrace devices

snapshot after
step health-after health
step touched grep -E '^(add|remove|bind|unbind|change|move|offline)@/devices/' /run/uevents

# ---- what may be raced, in the midst of them

step spare race unbind-rebind "scsi/$(scsi 8)" --cycles 3 --allow "scsi/$(scsi 8)" --deny "scsi/$(scsi 9)"
step heard grep "^unbind@/devices/.*/$(scsi 8)$" /run/uevents
kill "$listener"
step spare-late race hotplug-async "scsi/$(scsi 8)" --cycles 3
# The spare ones are among the disks of sd: they are raced, and no other.
step by-driver-sd race unbind-rebind driver:scsi/sd --cycles 1

# Of two that are open, the one that is named. By another node than the disk's: to bind a disk that is open waits until it is closed.
generic() { (cd "/sys/bus/scsi/devices/$(scsi "$1")/scsi_generic" && echo *); }
sleep 10000 3<"/dev/$(generic 8)" &
first=$!
sleep 10000 3<"/dev/$(generic 9)" &
second=$!
step open race unbind-rebind "scsi/$(scsi 8)" "scsi/$(scsi 9)" --cycles 2
step allowed race unbind-rebind "scsi/$(scsi 8)" "scsi/$(scsi 9)" --cycles 2 --allow-in-use "scsi/$(scsi 8)"
kill $first $second
wait $first $second 2>/dev/null

# The run is stopped when the evidence of its second cycle is there. Its racer is not: what that has begun it ends.
late=/evidence/B1-scsi-$(scsi 8)-2.json
has_evidence() { [ -e "$late" ]; }
has_disk() { mke2fs "/dev/$(node 8)" >/dev/null 2>&1 && mount "/dev/$(node 8)" /mnt/late; }
mount_between() {
    mkdir /evidence
    bindrace stress "scsi/$(scsi 8)" --pattern unbind-rebind --cycles 10 --format json --quiet --save-evidence /evidence &
    run=$!
    within 120 has_evidence
    kill -STOP $run
    within 20 has_disk
    kill -CONT $run
    wait $run
}
step mount-between mount_between
step evidence ls /evidence
step health-end health
