#!/bin/sh
# A host with systemd, whose units need disks; and what udevd knows of another. Attempts to race them, by hand and by the daemon.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

DEBIAN_FRONTEND=noninteractive apt-get install -y /packages/first.deb >&2
# Each with a store of its own, on an adapter of its own.
modprobe scsi_debug add_host=4 per_host_store=1 dev_size_mb=8
udevadm settle
# disk NUMBER: the folder of a disk.
disk() { (cd /sys/bus/pseudo/drivers/scsi_debug/adapter"$1"/host*/target*/*:0:0:0 && pwd -P); }
target() { path=$(disk "$1") && echo "scsi/${path##*/}"; }
node() { (cd "$(disk "$1")/block" && echo *); }

# unit NAME LINE: one that has nothing to do but to be there.
unit() {
    printf '[Unit]\n%s\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=dev-%s.device\n' "$2" "$(node 3)" \
        >"/etc/systemd/system/$1.service"
}
unit bound "BindsTo=dev-$(node 0).device"
unit required "Requires=$(systemd-escape --path --suffix=device "$(disk 1)/block/$(node 1)")"
unit wanted "Description=wanted"
systemctl daemon-reload
systemctl start bound required
systemctl enable wanted
mkfs.ext4 -q "/dev/$(node 2)"
udevadm trigger --settle "/dev/$(node 2)"
echo "unit $(target 0)" >/run/used
echo "unit $(target 1)" >>/run/used
echo "signature-known $(target 2)" >>/run/used
step used cat /run/used

uevent() { udevadm monitor --kernel; }
uevent >/run/uevents 2>&1 &
listener=$!
has_begun() { grep -q KERNEL /run/uevents; }
within 20 has_begun
# shellcheck disable=SC2046,SC2086
step by-name bindrace stress $(printf " --pattern %s" $REFUSED) --cycles 1 --format json --quiet $(cut -d' ' -f2 /run/used)
step by-parent race unbind-rebind --cycles 1 pseudo/adapter0 pseudo/adapter1 pseudo/adapter2
step devices bindrace devices --bus scsi

mkdir -p /etc/bindrace/bindrace.conf.d
cat >/etc/bindrace/bindrace.conf.d/test.conf <<END
[Daemon]
Mode=race
Match=$(cut -d' ' -f2 /run/used | xargs)
[Race]
Cycles=1
Interval=2s
RacesPerMinute=60
RacesPerDevice=3600
END
systemctl start bindrace
# It has gone round when it says of each why not.
told() {
    journalctl --sync
    journalctl --quiet --no-pager --output cat --unit bindrace
}
has_told() { while read -r _ target; do told | grep -q "$target: .*in use: " || return; done </run/used; }
within 60 has_told
step told told
systemctl stop bindrace
step active systemctl is-active bound required
step touched grep -E '(add|remove|bind|unbind|change|move|offline) +/devices/.*/target' /run/uevents

# What is only wanted, and what nobody needs any more.
step spare race unbind-rebind --cycles 1 "$(target 3)"
systemctl stop bound
step stopped race unbind-rebind --cycles 1 "$(target 0)"
step heard grep -E 'unbind +/devices/.*/target' /run/uevents
kill $listener
rm /etc/bindrace/bindrace.conf.d/test.conf
systemctl stop required
rmmod scsi_debug
