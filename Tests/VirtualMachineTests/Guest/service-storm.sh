#!/bin/sh
# $DISKS disks come at once to a daemon that races them, and go; then one comes while udevd does not run.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh
# shellcheck source-path=SCRIPTDIR source=service-steps.sh
. /tests/service-steps.sh

left_out=0b03abf23f99400e9313229ec23e1978
watch_lost=09f2893d6dd948d0b07ccf53c56bbee1
stopped=e213ebbb0cc54634a89394742bf05f24
run_end=2c4f95e761544abdbc145d9d25a62773

disks() { set -- /sys/bus/scsi/drivers/sd/*:*; if [ -e "$1" ]; then echo $#; else echo 0; fi; }
are_there() { [ "$(disks)" = "$1" ]; }
plug() { modprobe scsi_debug max_luns=$((DISKS / 4)) num_tgts=4 dev_size_mb=8; }
unplug() { within 120 slowly modprobe -r scsi_debug; }
# slowly COMMAND...: for what is waited for by asking again and again, beside something that is measured.
slowly() { "$@" || { sleep 1; false; }; }

# watch_loop: until the file /over is there, a line every second or so: how old its last sign of life is, what it says of itself, and its memory.
watch_loop() {
    pid=$(main)
    while [ ! -e /over ]; do
        # Before it is asked for: an answer that comes late says nothing of the daemon.
        read -r up _ </proc/uptime
        ping=$(systemctl show -P WatchdogTimestampMonotonic bindrace)
        rss=$(sed -n 's/^VmRSS:[ \t]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
        echo "$((${up%.*} - ping / 1000000)) $rss $(disks) $(systemctl show -P StatusText bindrace)"
        sleep 1
    done
}
reload() { within 300 slowly disks_come && systemctl reload bindrace; }
disks_come() { [ "$(disks)" -gt $((DISKS / 4)) ]; }

modprobe -a sd_mod sg ses bsg 2>/dev/null
step install install_package
configure '[Daemon]' Mode=race Match=driver:scsi/sd '[Race]' Widen=none Cycles=1 Interval=0
load_needs
snapshot before
step start systemctl start bindrace
sleep 3
step calm cost

watch_loop >/watched &
step plug plug
step reload reload
step came within 600 slowly are_there "$DISKS"
step settled udevadm settle --timeout=120
sleep 3
step stormed cost
step there disks
step unplug unplug
step alone within 300 slowly is_alone
step gone-settled udevadm settle --timeout=120
sleep 5
touch /over
wait
step watched cat /watched
step over cost
sleep 30
step idle cost
journalctl --sync
step restarts systemctl show -P NRestarts bindrace
step stop systemctl stop bindrace
journalctl --sync
step stopped entries $stopped
step left-out entries $left_out
step lost entries $watch_lost
step runs entries $run_end
step journal journalctl --quiet --no-pager --output cat --identifier bindrace
snapshot after-storm

# udevd says nothing of what comes; the kernel does.
step start-alone systemctl start bindrace
step no-udevd systemctl stop systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
step one modprobe scsi_debug
raced() { [ "$(entries $run_end --since "-10min" | wc -l)" -gt "$(wc -l <"/steps/$script/runs/out")" ]; }
step raced within 120 slowly raced
step alone-settled within 60 slowly is_alone
step one-gone unplug
step stop-alone systemctl stop bindrace
journalctl --sync
step stopped-alone entries $stopped
snapshot end
