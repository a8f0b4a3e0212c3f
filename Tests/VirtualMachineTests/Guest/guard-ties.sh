#!/bin/sh
# A host whose devices are of use in ways that the tree of devices does not show, each with a line "WAY TARGET" in /run/used, where WAY is
# that of docs/guard.md; attempts to race all of them; and what is close to them and spare, in /run/spare.
# Each way has its line beside what it sets up.
# shellcheck source-path=SCRIPTDIR source=steps.sh disable=SC2129
. /tests/steps.sh

scsi() { (cd /sys/bus/scsi/devices && echo *:0:"$1":0); }
node() { (cd "/sys/bus/scsi/devices/$(scsi "$1")/block" && echo *); }
# card NUMBER: the interface of one of the network cards, which are functions of three PCI devices.
card() { (cd "$(slot "$1")"/virtio*/net && echo *); }
slot() { echo "/sys/bus/pci/devices/0000:00:$((10 + $1 / 8)).$(($1 % 8))"; }
card_target() { (cd "$(slot "$1")" && for name in virtio*; do echo "virtio/$name"; done); }
# pci CHASSIS: the PCI device at that root port.
pci() { for path in /sys/bus/pci/devices/*/"$1"; do path=${path%/*}; echo "${path##*/}"; done; }
target_of() { # The nearest device on a bus, at a path or above it.
    path=$(readlink -f "$1")
    until bus=$(readlink -f "$path/subsystem") && [ "${bus#/sys/bus/}" != "$bus" ]; do path=${path%/*}; done
    echo "${bus##*/}/${path##*/}"
}

modprobe -a virtio_scsi sd_mod ext4 virtio_net nvme igb igbvf bridge bonding macvtap 8021q sch_ingress netconsole virtio_rng virtio_balloon \
    virtio_mem virtio_crypto esp4 xfrm_user authenc echainiv sha1_generic loop usb_f_mass_storage target_core_mod target_core_iblock nvmet dummy_hcd g_serial sdhci-pci \
    i2c-i801 lm75 pcspkr usbip-host fuse af_packet
modprobe i2c-stub chip_addr=0x48
disks_are_there() { for disk in 0 1 2 3 4 5 6 7 8 9 10; do [ -b "/dev/$(node $disk 2>/dev/null)" ] || return 1; done; }
within 60 disks_are_there

# ---- what is spare

igb=$(cd /sys/bus/pci/drivers/igb && ls -d 0000:*)
# shellcheck disable=SC2086
set -- $igb
first=$1 second=$2 third=$3
stub=$(grep -l 'SMBus stub' /sys/bus/i2c/devices/i2c-*/name)
stub=${stub%/name}
echo lm75 0x48 >"$stub/new_device"
# shellcheck disable=SC2046
set -- $(cd /sys/bus/pci/drivers/sdhci-pci && ls -d 0000:*)
sd_open=$1 sd_spare=$2
rng=$(cd /sys/bus/virtio/drivers/virtio_rng && echo virtio*)
echo 2 >"/sys/bus/pci/devices/$first/sriov_numvfs"
echo 1 >"/sys/bus/pci/devices/$second/sriov_numvfs"
function_of() { path=$(readlink -f "/sys/bus/pci/devices/$1/virtfn$2"); echo "${path##*/}"; }
vf_is_bound() { [ -d "/sys/bus/pci/devices/$(function_of "$1" "$2")/net" ]; }
within 30 vf_is_bound "$first" 0
within 30 vf_is_bound "$first" 1

step devices-random bindrace devices
echo "$rng" >/run/rng
step rng cat /run/rng
cat >/run/spare <<END
disk scsi/$(scsi 10)
nvme pci/$(cd /sys/bus/pci/drivers/nvme && ls -d 0000:*)
nic $(card_target 18)
function pci/$(function_of "$first" 1)
physical pci/$third
speaker platform/pcspkr
chip i2c/${stub##*/i2c-}-0048
adapter-i2c pci/$(cd /sys/bus/pci/drivers/i801_smbus && ls -d 0000:*)
sd pci/$sd_spare
balloon virtio/$(cd /sys/bus/virtio/drivers/virtio_balloon && echo virtio*)
END
step spare-ones cat /run/spare

# ---- what is in use

config=/sys/kernel/config
[ -d $config/nvmet ] || mount -t configfs none $config
use_disks() {
    mke2fs "/dev/$(node 0)" >/dev/null
    mkdir -p /mnt/lazy
    mount -t ext4 "/dev/$(node 0)" /mnt/lazy
    echo "lazily-unmounted scsi/$(scsi 0)" >>/run/used

    losetup /dev/loop0 "/dev/$(node 1)"
    echo "loop scsi/$(scsi 1)" >>/run/used

    mkdir -p $config/usb_gadget/g/functions/mass_storage.0
    echo "/dev/$(node 2)" >$config/usb_gadget/g/functions/mass_storage.0/lun.0/file
    echo "gadget-disk scsi/$(scsi 2)" >>/run/used

    for disk in 3 4; do
        mkdir -p $config/target/core/iblock_$disk/d
        echo "udev_path=/dev/$(node $disk)" >$config/target/core/iblock_$disk/d/control
        echo 1 >$config/target/core/iblock_$disk/d/enable
    done
    # As targetcli does; without it nothing but the claim shows.
    echo "/dev/$(node 3)" >$config/target/core/iblock_3/d/udev_path
    echo "target scsi/$(scsi 3)" >>/run/used
    echo "claimed scsi/$(scsi 4)" >>/run/used

    mkdir $config/nvmet/subsystems/s
    mkdir $config/nvmet/subsystems/s/namespaces/1
    printf '/dev/%s' "$(node 5)" >$config/nvmet/subsystems/s/namespaces/1/device_path
    echo "nvme-target scsi/$(scsi 5)" >>/run/used

    echo "/dev/$(node 6) /nowhere ext4 noauto 0 0" >>/etc/fstab
    echo "fstab scsi/$(scsi 6)" >>/run/used
    echo "secret /dev/$(node 7) none luks" >>/etc/crypttab
    echo "crypttab scsi/$(scsi 7)" >>/run/used
    echo "raw /dev/$(node 8)" >>/etc/kdump.conf
    echo "dump scsi/$(scsi 8)" >>/run/used
}

use_cards() {
    ip link set "$(card 0)" up
    echo "up $(card_target 0)" >>/run/used
    ip address add 10.1.0.1/24 dev "$(card 1)"
    echo "address $(card_target 1)" >>/run/used
    ip link add br0 type bridge
    ip link set "$(card 2)" master br0
    echo "master $(card_target 2)" >>/run/used
    ip link add link "$(card 3)" name vlan0 type vlan id 5
    echo "upper $(card_target 3)" >>/run/used
    ip link add link "$(card 4)" name macvtap0 type macvtap
    echo "upper $(card_target 4)" >>/run/used
    ip link add bond9 type bond
    ip link set "$(card 5)" master bond9
    echo "master $(card_target 5)" >>/run/used
    echo "packet-socket $(card_target 6)" >>/run/used
    echo "moved $(card_target 7)" >>/run/used
    ip link set "$(card 8)" name lan0
    echo "name $(card_target 8)" >>/run/used
    ip link set "$(card 9)" address 02:00:00:00:00:09
    echo "hardware-address $(card_target 9)" >>/run/used
    echo uplink >"/sys/class/net/$(card 10)/ifalias"
    echo "alias $(card_target 10)" >>/run/used
    ip link set "$(card 11)" mtu 1400
    echo "mtu $(card_target 11)" >>/run/used
    ip link set "$(card 12)" promisc on
    echo "listening $(card_target 12)" >>/run/used
    tc qdisc add dev "$(card 13)" clsact
    echo "queueing $(card_target 13)" >>/run/used
    echo 1 >"/sys/class/net/$(card 14)/queues/rx-0/rps_cpus"
    echo "steering $(card_target 14)" >>/run/used
    echo 20000 >"/sys/class/net/$(card 15)/gro_flush_timeout"
    echo "tuned $(card_target 15)" >>/run/used
    echo 1 >"/proc/sys/net/ipv4/conf/$(card 16)/forwarding"
    echo "sysctl $(card_target 16)" >>/run/used
    mkdir $config/netconsole/t
    card 17 >$config/netconsole/t/dev_name
    echo 10.9.0.2 >$config/netconsole/t/local_ip
    echo 10.9.0.1 >$config/netconsole/t/remote_ip
    echo 1 >$config/netconsole/t/enabled
    echo "netconsole $(card_target 17)" >>/run/used
    # Its name is no text.
    wild=$(printf 'e\351\377')
    ip link set "$(card 19)" name "$wild"
    ip link set "$wild" up
    ip route add default dev "$wild"
    echo "default-route $(card_target 19)" >>/run/used
}

use_others() {
    used=$(function_of "$first" 0)
    ip link set "$(ls "/sys/bus/pci/devices/$used/net")" up
    echo "function-used pci/$first" >>/run/used
    echo "up pci/$used" >>/run/used
    echo "functions pci/$second" >>/run/used
    echo "memory pci/$sd_open" >>/run/used
    echo "ram virtio/$(cd /sys/bus/virtio/drivers/virtio_mem && echo virtio*)" >>/run/used
    cat /sys/class/misc/hw_random/rng_current >/run/rng_current
    cat /run/rng_current >/sys/class/misc/hw_random/rng_current
    echo "random-chosen virtio/$rng" >>/run/used
    ip xfrm state add src 10.9.1.1 dst 10.9.1.2 proto esp spi 1 mode tunnel auth 'hmac(sha1)' 0x0011223344556677889900112233445566778899 \
        enc 'cbc(aes)' 0x00112233445566778899aabbccddeeff
    echo "cipher virtio/$(cd /sys/bus/virtio/drivers/virtio_crypto && echo virtio*)" >>/run/used
    cat "/sys/class/block/$(node 9)/dev" >/sys/power/resume
    echo "resume scsi/$(scsi 9)" >>/run/used
    echo "cpu cpu/cpu0" >>/run/used
    echo "clock $(target_of /sys/class/rtc/rtc0/device)" >>/run/used
    echo "regulator $(target_of /sys/class/regulator/regulator.0/device)" >>/run/used
    echo "gadget platform/dummy_udc.0" >>/run/used
}
# A part ends at the first thing that fails.
strictly() (
    set -e
    "use_$1"
)
for part in disks cards others; do
    strictly $part >/run/out 2>&1
    echo "$? $(cat /run/out)" >/run/ended-$part
    step use-$part cat /run/ended-$part
done
# What somebody holds: a file of what is unmounted, an interface, the memory of a device.
sleep 10000 3>/mnt/lazy/file &
umount -l /mnt/lazy
udhcpc -f -i "$(card 6)" -s /bin/true >/dev/null 2>&1 &
unshare -n sleep 10000 &
away=$!
is_away() { [ "$(readlink /proc/$away/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; }
within 20 is_away
ip link set "$(card 7)" netns $away
# By the sysfs of another network namespace, as a container has it.
# shellcheck disable=SC2016
unshare -nm sh -c 'mount -t sysfs none /sys && exec sleep 10000 3<"/sys/bus/pci/devices/$1/resource0"' sh "$sd_open" &
memory=$!
has_memory() { [ -e "/proc/$memory/fd/3" ]; }
within 20 has_memory
has_socket() { grep -q "$(cat "/sys/class/net/$(card 6)/ifindex")" /proc/net/packet; }
within 20 has_socket

# ---- an ordinary user, who has a file on a FUSE of his own, mounts under names of the spare disk and of none, and is called as he likes

echo 'user:x:1000:1000::/tmp:/bin/sh' >>/etc/passwd
mkdir -p /tmp/below /tmp/fuse /tmp/log
chown 1000 /tmp/below /tmp/fuse /tmp/log
chmod u+s "$(command -v fusermount3)"
chmod 666 /dev/fuse
# as_user NAME COMMAND: in the background.
as_user() { gosu 1000:1000 sh -c "$2" >"/tmp/log/$1" 2>&1 & }
as_user fuse 'bindfs --no-allow-other /tmp/below /tmp/fuse && exec sleep 10000 3>/tmp/fuse/file'
# shellcheck disable=SC2016
as_user mounts 'unshare -Urm sh -c "mount -t tmpfs /dev/'"$(node 10)"' /mnt && mount -t tmpfs /dev/$(printf %0300d 0) /mnt && exec sleep 10000"'
as_user name 'printf "\314\201) x" >/proc/$$/comm; sleep 10000; true'
holds_file() { [ -e /tmp/below/file ]; }
has_mounted() { cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -q "/dev/000000"; }
within 20 holds_file
within 20 has_mounted
step user sh -c 'cat /tmp/log/*; ls -l /proc/[0-9]*/fd/3 2>/dev/null | grep -c /tmp/fuse/file; stat /tmp/fuse/file'

# ---- attempts

step used cat /run/used
uevent >/run/uevents 2>/dev/null &
listener=$!
# state: what would be lost.
state() {
    ip -o link
    ip -o address
    ip route
    grep MemTotal /proc/meminfo
    cat "/sys/bus/pci/devices/$first/sriov_numvfs" "/sys/bus/pci/devices/$second/sriov_numvfs" /sys/class/misc/hw_random/rng_selected \
        /sys/class/udc/*/function $config/netconsole/t/enabled
    ip xfrm state
    losetup -a
    dmesg | grep -iE 'I/O error|WARNING:|BUG:|Oops:'
    true
}
# An address of IPv6 is tentative for its first second or two.
are_settled() { ! ip -o address | grep -q tentative; }
within 20 are_settled
step state-before state
# shellcheck disable=SC2046,SC2086
attempt() { bindrace stress $(printf " --pattern %s" $REFUSED) --cycles 1 --format json --quiet "$@"; }
# shellcheck disable=SC2046
step by-name attempt $(cut -d' ' -f2 /run/used)
# What is above them on a bus; of the cards, which are all alike, the first ones.
above() {
    while read -r _ target; do
        path=$(readlink -f "/sys/bus/${target%/*}/devices/${target#*/}")
        while path=${path%/*} && [ "${path#/sys/devices/}" != "$path" ]; do
            bus=$(readlink -f "$path/subsystem")
            case $bus in /sys/bus/*) echo "${bus##*/}/${path##*/}" ;; esac
        done
    done </run/used | grep -v -e ^scsi/target -e '^pci/0000:00:1[0-2]\.[1-7]$' | sort -u
}
# shellcheck disable=SC2046
step by-parent attempt $(above)
for driver in virtio/virtio_scsi virtio/virtio_crypto virtio/virtio_mem virtio/virtio_rng platform/dummy_udc; do
    step "by-driver-${driver#*/}" attempt "driver:$driver"
done
step state-after state
step touched grep -E '^(add|remove|bind|unbind|change|move|offline)@/devices/' /run/uevents
kill "$listener"

# The generator again, as the kernel took it by itself, and read by its node.
echo >/sys/class/misc/hw_random/rng_current
sleep 10000 3</dev/hwrng &
reader=$!
step random-open bindrace devices
kill $reader
wait $reader 2>/dev/null
step random-again bindrace devices
step devices bindrace devices

# A few of them every day, the disk first; its neighbours are what is in use.
# shellcheck disable=SC2046
step spare race unbind-rebind --cycles 1 $(cut -d' ' -f2 /run/spare | head -n "$SPARE")
