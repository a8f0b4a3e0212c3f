#!/bin/sh
# Two runs on disks of their own, then a SCSI controller with another driver is plugged in. Nothing of SCSI is loaded before the first run.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

# hosts: the names of all SCSI hosts
hosts() { for host in /sys/class/scsi_host/host*; do [ ! -e "$host" ] || echo "${host##*/}"; done; }
has_come() { [ "$(hosts)" ]; }

step loaded-before sed -n '/^scsi_/p' /proc/modules
step first bindrace stress --cycles 1 --format json --quiet
step second bindrace stress --cycles 1 --format json --quiet
step hosts-before hosts

modprobe -a virtio_pci virtio_scsi
step plugged vm-monitor device_add virtio-scsi-pci,id=hba,bus=port0
step comes within 20 has_come
step hosts-after hosts
step said sh -c 'dmesg | grep -e "tmf workq" -e "duplicate filename" -e "cut here"'
