#!/bin/sh
# Everything that must be refused, and touches nothing.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

modprobe -a sd_mod ext4
modprobe scsi_debug dev_size_mb=8
within 10 test -b /dev/sda
mke2fs /dev/sda >/dev/null
mkdir -p /mnt
mount /dev/sda /mnt
echo nobody:x:65534:65534:nobody:/:/bin/sh >>/etc/passwd
# A keyboard controller's mouse port: its driver sets suppress_bind_attrs, on both kernels.
for device in "/sys/bus/pnp/drivers/i8042 aux"/*:*; do fixed=pnp/${device##*/}; done

snapshot before
step unknown-pattern bindrace stress --pattern hotplug-asink
step unknown-target bindrace stress scsi/9:9:9:9
step unknown-widener bindrace stress --widen wider
step negative-cycles bindrace stress --cycles -3
step unwritable-output bindrace stress --output /nonexistent/result
step not-root start-stop-daemon -S -c nobody -x /usr/bin/bindrace -- stress
step no-bind-file race unbind-rebind "$fixed"
step mounted bindrace stress --format json scsi/0:0:0:0
snapshot after
umount /mnt
modprobe -r scsi_debug
