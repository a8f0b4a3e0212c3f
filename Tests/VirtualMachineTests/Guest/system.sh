#!/bin/sh
# A Debian with systemd: what later scenarios stand on.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

step state systemctl is-system-running
step failed systemctl list-units --failed --plain --no-legend

step logged systemd-cat -t steps echo "a line"
step synced journalctl --sync
step journal journalctl -t steps -o cat --no-pager

# What is plugged in gets its driver by the alias of udevd's event: nothing else loads the module.
step unloaded grep virtio_scsi /proc/modules
step plugged vm-monitor device_add virtio-scsi-pci,id=hba,bus=port0
step bound within 60 test -e /sys/bus/pci/drivers/virtio-pci/0000:01:00.0/virtio1/driver
step loaded grep virtio_scsi /proc/modules
step refused vm-monitor device_add virtio-scsi-pci,id=hba,bus=port0

# A package with the dependencies of bindrace's, without a network.
mkdir -p /root/package/DEBIAN
cat >/root/package/DEBIAN/control <<'END'
Package: needs-libraries
Version: 1
Architecture: amd64
Maintainer: nobody <nobody@example.org>
Depends: libblkid1, libc6, libgcc-s1, libstdc++6, libsystemd0, libudev1
Description: needs what bindrace needs
END
dpkg-deb --build /root/package /root/package.deb >&2
step installed apt-get install --yes /root/package.deb
step status dpkg --status needs-libraries
