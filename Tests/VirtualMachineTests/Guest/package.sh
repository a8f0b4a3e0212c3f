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
# state UNIT: how it is, how it ended, and which of its starts that was.
state() { systemctl show -P ActiveState -P Result -P ExecMainStatus "$1"; }
start_of() { systemctl show -P InvocationID "$1"; }
# told FIELD=VALUE...: the sentences of such journal entries.
told() {
    journalctl --sync
    journalctl --quiet --no-pager --output cat SYSLOG_IDENTIFIER=bindrace "$@"
}
# in_sandbox NAME COMMAND: runs it as bindrace-stress@NAME.
in_sandbox() {
    mkdir -p "/run/systemd/system/bindrace-stress@$1.service.d"
    printf '[Unit]\nAssertPathExists=\n[Service]\nEnvironmentFile=\nExecStart=\nExecStart=%s\n' "$2" >"/run/systemd/system/bindrace-stress@$1.service.d/command.conf"
    systemctl daemon-reload
    systemctl start "bindrace-stress@$1"
    wrote "$1"
}
wrote() { journalctl --quiet --no-pager --output cat --identifier bindrace --unit "bindrace-stress@$1"; }

mask=/sys/devices/virtual/workqueue/cpumask
read -r whole <$mask
is_narrowed() { read -r now <$mask && [ "$now" != "$whole" ]; }

# udevd loads them for the first disk that there is, also for one that went while udevd was paused.
modprobe -a sg sd_mod

step files-before files
step install install first
step enabled systemctl is-enabled bindrace.service
step active systemctl is-active bindrace.service
step verify systemd-analyze verify --man=no bindrace.service bindrace-stress@scsi_debug.service bindrace-stress@scsi_debug.timer
step security systemd-analyze security --no-pager --threshold=45 bindrace.service
step catalog journalctl --list-catalog
load_needs
snapshot before

# As it is shipped the daemon looks on: its probes alone are there meanwhile.
step daemon systemctl start bindrace
step daemon-state state bindrace
step daemon-status systemctl show -P StatusText bindrace
snapshot daemon-runs
start=$(start_of bindrace)
step daemon-killed systemctl kill --kill-who=main --signal=KILL bindrace
is_restarted() { [ "$(start_of bindrace)" != "$start" ] && systemctl is-active --quiet bindrace; }
step daemon-restarted within 60 is_restarted
step daemon-stopped systemctl stop bindrace
step daemon-ended state bindrace
step daemon-told told _SYSTEMD_UNIT=bindrace.service
snapshot daemon-after

# What a shell of root may do, the sandbox lets be done.
step doctor bindrace doctor
step doctor-in-sandbox in_sandbox doctor '/usr/bin/bindrace doctor'
[ -z "$RACE" ] || echo "OPTIONS=\"provider:scsi_debug --duration $RACE\"" >>/etc/bindrace/profiles/scsi_debug.conf
step race systemctl start bindrace-stress@scsi_debug
step race-state state bindrace-stress@scsi_debug
step race-wrote wrote scsi_debug
step race-told told _SYSTEMD_UNIT=bindrace-stress@scsi_debug.service
snapshot race-after

# Stopped in the midst of a race, it ends its cycle and says what it has; killed with all of its processes, restore comes after it.
echo 'OPTIONS="--pattern hotplug-async --cycles 1000"' >/etc/bindrace/profiles/long.conf
has_ended() { case $(systemctl is-active "$1") in inactive | failed) ;; *) false ;; esac; }
midst() {
    systemctl start --no-block bindrace-stress@long
    within 60 is_narrowed
    "$@" bindrace-stress@long
    within 120 has_ended bindrace-stress@long
    state bindrace-stress@long
}
step stopped midst systemctl stop
step stopped-wrote wrote long
# udevd was told to begin no event, and works off what came.
step stopped-settled udevadm settle --timeout=60
snapshot stopped-after
systemctl reset-failed bindrace-stress@long
step killed midst systemctl kill --kill-who=all --signal=KILL
step killed-wrote wrote long
step killed-told told _SYSTEMD_UNIT=bindrace-stress@long.service
step killed-settled udevadm settle --timeout=60
step killed-outbox ls -A /var/lib/bindrace/outbox
snapshot killed-after

# Midnight comes at once, for no other timer, and nothing is put off by chance.
systemctl stop '*.timer'
mkdir -p /run/systemd/system/bindrace-stress@.timer.d
printf '[Timer]\nRandomizedDelaySec=0\nAccuracySec=1s\n' >/run/systemd/system/bindrace-stress@.timer.d/at-once.conf
systemctl daemon-reload
step timer systemctl enable --now bindrace-stress@scsi_debug.timer
step timers systemctl list-timers --no-pager --all 'bindrace-stress@*'
echo 'OPTIONS="provider:scsi_debug --pattern hotplug-async --cycles 3"' >>/etc/bindrace/profiles/scsi_debug.conf
has_begun() { [ "$(start_of bindrace-stress@scsi_debug)" != "$start" ]; }
night() {
    start=$(start_of bindrace-stress@scsi_debug)
    date --set 23:59:57
    within 60 has_begun
    within 120 has_ended bindrace-stress@scsi_debug
    state bindrace-stress@scsi_debug
}
systemctl reset-failed bindrace-stress@scsi_debug
step night night
step night-told told "_SYSTEMD_INVOCATION_ID=$(start_of bindrace-stress@scsi_debug)"
snapshot night-after
systemctl start bindrace
start=$(start_of bindrace)
step upgrade install second
step upgraded is_restarted
step version dpkg -s bindrace
step kept tail -n 1 /etc/bindrace/profiles/scsi_debug.conf

rm -r /run/systemd/system/bindrace-stress@*
step purge apt-get purge -y bindrace
step units systemctl list-units --no-legend --all 'bindrace*'
step files-after files
snapshot after
