#!/bin/sh
# The daemon as an administrator has it: installed, configured, disturbed. The journal is looked at with journalctl alone.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

drop_in=/etc/bindrace/bindrace.conf.d/test.conf
configure() { mkdir -p ${drop_in%/*} && cat >$drop_in; }
entries() { journalctl --sync; journalctl --quiet --no-pager --all --output json "$@"; }
has_entry() { [ "$(entries "$@" | head -n 1)" ]; }
# A mark in the journal, to tell what comes after it.
mark() { journalctl --sync; cursor=$(journalctl --quiet --no-pager -n 0 --show-cursor | sed -n 's/^-- cursor: //p'); }
# since FIELD=VALUE: (journalctl 252 leaves out the first entry that matches where the one of the cursor does not.)
since() { entries --after-cursor "$cursor" | grep -F "\"${1%%=*}\":\"${1#*=}\""; }
has_since() { [ "$(since "$@" | head -n 1)" ]; }
late=BINDRACE_VERDICT=late-async-attach
main_pid() { systemctl show -P MainPID bindrace; }
is_active() { systemctl is-active --quiet bindrace; }
is_racing() { [ "$(cat $mask)" != "$whole" ]; }
mask=/sys/devices/virtual/workqueue/cpumask
whole=$(cat $mask)

DEBIAN_FRONTEND=noninteractive apt-get install -y /packages/first.deb >&2
step nothing bindrace report --since -5min
# What udevd loads for disks stays, and so does what scsi_debug itself needs.
modprobe scsi_debug
udevadm settle
rmmod scsi_debug
udevadm settle
snapshot before

# ---- It watches: a script races by hand.
systemctl start bindrace
modprobe scsi_debug
udevadm settle
disk=$(echo /sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*:*)
disk=${disk##*/}
mark
step shaken /tests/shake.sh "$disk" "${disk%%:*}"
step watched within 20 has_since $late
step watched-entries since $late
step explained journalctl --no-pager --quiet -x $late

# ---- Its probes do not fire, and then they do.
says() { systemctl show -P StatusText bindrace | grep -qF "$1"; }
step health says '; evidence trace; '
mark
echo 0 >/proc/sys/kernel/ftrace_enabled
step blind within 20 says 'blind since 20'
step blind-status systemctl show -P StatusText bindrace
step blind-entries since MESSAGE_ID=09f2893d6dd948d0b07ccf53c56bbee1
echo 1 >/proc/sys/kernel/ftrace_enabled
step sees within 30 says '; evidence trace; '
step sees-entries since MESSAGE_ID=006ce0c164fc4128956122992a1d58e7
# A daemon that is started blind says so, and sees as soon as it can.
systemctl stop bindrace
echo 0 >/proc/sys/kernel/ftrace_enabled
mark
systemctl start bindrace
step starts-blind says 'blind since 20'
step starts-blind-entries since MESSAGE_ID=fd77a8728d8e4ef1bcfc1e7bcfba79f6
echo 1 >/proc/sys/kernel/ftrace_enabled
step starts-sees within 30 says '; evidence trace; '
mark
step sees-shaken /tests/shake.sh "$disk" "${disk%%:*}"
step sees-watched within 20 has_since $late

# ---- A wrong configuration.
printf '[Race]\nCycles=0\n' | configure
step wrong-check bindrace daemon --check
step wrong-reload systemctl reload bindrace
mark
kill -HUP "$(main_pid)"
step wrong-hangup within 20 has_since MESSAGE_ID=cb94969a8552499baa45b99abb5fc0b8
step wrong-entries since MESSAGE_ID=cb94969a8552499baa45b99abb5fc0b8
step wrong-active is_active

# ---- It races what comes.
rmmod scsi_debug
udevadm settle
configure <<'END'
[Daemon]
Mode=race
Match=driver:scsi/sd
Deny=scsi/0:0:0:0
[Race]
Widen=cpu
Cycles=3
Interval=2s
BackOff=0
RacesPerMinute=60
RacesPerDevice=3600
END
step reload systemctl reload bindrace
mark
step added modprobe scsi_debug
step raced within 60 has_since $late
step raced-entries since $late
step report bindrace report --since -5min --format json
step report-text bindrace report --since -5min

# True when a run has come to its end since the mark.
run_ended() { has_since MESSAGE_ID=2c4f95e761544abdbc145d9d25a62773; }

# ---- A disk that is plugged in.
rmmod scsi_debug
udevadm settle
mark
vm-monitor drive_add 0 if=none,id=plugged,driver=null-co,size=64M,read-zeroes=on >&2
step plugged vm-monitor device_add scsi-hd,drive=plugged,bus=hba.0,lun=1,id=plugged
step plugged-raced within 60 has_since $late
step plugged-entries since $late

# ---- Disturbed. There is a race about every second now; each is to find it in the midst of one.
disturb() {
    name=$1
    shift
    step "$name-racing" within 60 is_racing
    mark
    step "$name" "$@"
}
disturb restart systemctl restart bindrace
step restart-active within 30 is_active
disturb killed systemctl kill --kill-who=main --signal=KILL bindrace
step killed-active within 60 is_active
step killed-left since MESSAGE_ID=185b336382cc46259d52c35e8c201026
disturb hung systemctl kill --kill-who=main --signal=STOP bindrace
has_hung() { [ "$(systemctl show -P NRestarts bindrace)" -gt 1 ] && is_active; }
step hung-active within 120 has_hung
# The race alone: it can neither put the host back nor deliver what it found, so the daemon does, and goes on.
# It says so on its standard error; what follows could be of another race.
has_died() { journalctl --sync; journalctl --quiet --no-pager --output cat --unit bindrace --after-cursor "$cursor" | grep -q 'the race of .* was ended by signal 9$'; }
# One that has come to its end meanwhile is killed in vain.
kill_race() { is_racing && pkill -KILL -P "$(main_pid)" && within 10 has_died; }
disturb race-killed within 120 kill_race
has_restored() { has_since MESSAGE_ID=185b336382cc46259d52c35e8c201026; }
step race-killed-restored within 60 has_restored
step race-killed-raced within 60 run_ended
disturb journald systemctl restart systemd-journald
step journald-raced within 60 run_ended
# A finding that comes while journald stands still is in the journal when it goes on.
journald=$(systemctl show -P MainPID systemd-journald)
disturb suspended kill -STOP "$journald"
kept() { [ "$(ls -A /var/lib/bindrace/outbox/*/ 2>/dev/null)" ]; }
step suspended-kept within 60 kept
ls -lR /var/lib/bindrace/outbox >&2
kill -CONT "$journald"
delivered() { ! kept; }
step suspended-delivered within 90 delivered

# ---- Without udevd.
systemctl stop systemd-udevd systemd-udevd-control.socket systemd-udevd-kernel.socket
mark
vm-monitor drive_add 0 if=none,id=second,driver=null-co,size=64M,read-zeroes=on >&2
vm-monitor device_add scsi-hd,drive=second,bus=hba.0,lun=2,id=second >&2
is_raced_second() { since $late | grep -q '"BINDRACE_DEVICE":"scsi/[0-9]*:0:0:2"'; }
step without-udevd within 90 is_raced_second

# ---- Its end.
disturb stopped systemctl stop bindrace
systemctl start systemd-udevd
udevadm settle
! grep -q ^scsi_debug /proc/modules || rmmod scsi_debug
udevadm settle
step stopped-result systemctl show -P Result -P ExecMainStatus bindrace
step runs entries MESSAGE_ID=03fdb1438c7440fd938d7d20a6faf566
step findings entries MESSAGE_ID=fe76d69493ec4e22b90864e66b5514ea
step left ls -A /var/lib/bindrace/ledger /var/lib/bindrace/outbox
snapshot after
