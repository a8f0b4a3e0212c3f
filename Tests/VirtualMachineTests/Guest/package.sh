#!/bin/sh
# The package on a Debian with systemd: installed, run in its sandbox, upgraded, purged. /packages has it as first.deb, and as second.deb
# the same of a higher version (scripts/package --suffix +1).
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

# files: all that an installed package may leave: names, rights and owners, and of /etc what is in them. What apt and dpkg note for themselves
# is not looked at, nor logs; and the folder of timers is systemd's.
files() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /steps -o -path /tests -o -path /packages \
        -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o ! -path /var/lib/systemd/timers -printf '%M %u %p %l\n' | sort
    find /etc -type f -exec md5sum {} + | sort
    ls /run
}
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y "/packages/$1.deb"; }
# state UNIT: how it ended.
state() { systemctl show -P ActiveState -P Result -P ExecMainStatus "$1"; }
# in_sandbox NAME COMMAND: runs it as bindrace-stress@NAME.
in_sandbox() {
    mkdir -p "/run/systemd/system/bindrace-stress@$1.service.d"
    printf '[Service]\nEnvironmentFile=\nExecStart=\nExecStart=%s\n' "$2" >"/run/systemd/system/bindrace-stress@$1.service.d/command.conf"
    systemctl daemon-reload
    systemctl start "bindrace-stress@$1"
    wrote "$1"
}
wrote() { journalctl --quiet --no-pager --output cat --identifier bindrace --unit "bindrace-stress@$1"; }

mask=/sys/devices/virtual/workqueue/cpumask
read -r whole <$mask
is_narrowed() { read -r now <$mask && [ "$now" != "$whole" ]; }

# udevd loads it for the first disk that there is.
modprobe sg

step files-before files
step install install first
step enabled systemctl is-enabled bindrace.service
step active systemctl is-active bindrace.service
step verify systemd-analyze verify --man=no bindrace.service bindrace-stress@scsi_debug.service bindrace-stress@scsi_debug.timer
step security systemd-analyze security --no-pager --threshold=45 bindrace.service
step catalog journalctl --list-catalog
snapshot before

# What a shell of root may do, the sandbox lets be done.
step doctor bindrace doctor
step doctor-in-sandbox in_sandbox doctor '/usr/bin/bindrace doctor'
step race systemctl start bindrace-stress@scsi_debug
step race-state state bindrace-stress@scsi_debug
step race-wrote wrote scsi_debug
snapshot race-after

# Stopped in the midst of a race, it ends its cycle and says what it has; killed with all of its processes, restore comes after it.
echo 'OPTIONS="--pattern hotplug-async --cycles 1000"' >/etc/bindrace/profiles/long.conf
has_ended() { case $(systemctl is-active bindrace-stress@long) in inactive | failed) ;; *) false ;; esac; }
midst() {
    systemctl start --no-block bindrace-stress@long
    within 60 is_narrowed
    "$@" bindrace-stress@long
    within 120 has_ended
    state bindrace-stress@long
}
step stopped midst systemctl stop
step stopped-wrote wrote long
snapshot stopped-after
systemctl reset-failed bindrace-stress@long
step killed midst systemctl kill --kill-who=all --signal=KILL
snapshot killed-after

step timer systemctl enable --now bindrace-stress@scsi_debug.timer
step timers systemctl list-timers --no-pager --all 'bindrace-stress@*'
echo '# by hand' >>/etc/bindrace/profiles/scsi_debug.conf
step upgrade install second
step version dpkg -s bindrace
step kept tail -n 1 /etc/bindrace/profiles/scsi_debug.conf

rm -r /run/systemd/system/bindrace-stress@*
step purge apt-get purge -y bindrace
step units systemctl list-units --no-legend --all 'bindrace*'
step files-after files
snapshot after
