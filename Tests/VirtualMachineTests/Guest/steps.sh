# shellcheck shell=sh
# Sourced by the scripts of this folder. What a step wrote, how it ended and how long it took is left in /steps/SCRIPT/NAME for the test.

script=${0##*/} script=${script%.sh}

# step NAME COMMAND...: runs it to its end.
step() (
    folder=/steps/$script/$1
    shift
    mkdir -p "$folder"
    begin=$(clock)
    status=0
    "$@" >"$folder/out" 2>"$folder/err" || status=$?
    echo "$status" >"$folder/status"
    echo "$(($(clock) - begin))" >"$folder/centiseconds"
    echo "  $script ${folder##*/}: status $status, $((($(clock) - begin) / 100)) s" >&2
)

# clock: centiseconds since the boot.
clock() (
    read -r up _ </proc/uptime
    echo "${up%.*}${up#*.}"
)

# within SECONDS COMMAND...: true as soon as the command is; false when the time is over.
within() (
    end=$(($(clock) + 100 * $1))
    shift
    until "$@"; do [ "$(clock)" -lt "$end" ] || exit 1; done
)

# load_needs: the modules that those of the providers need. They come with the first run and stay, so a script that compares snapshots has them before.
load_needs() {
    for module in sd_mod scsi_debug lm75 i2c-stub usbtest dummy_hcd usb_f_serial g_serial hid_multitouch uhid; do
        modprobe --show-depends $module 2>/dev/null | sed '$d'
    done | sed -n 's|^insmod .*/\([^.]*\)[.]ko.*|\1|p' | sort -u | xargs modprobe -a
}

# snapshot NAME: all that a run changes, a line each. Two snapshots of a host that was put back are equal.
snapshot() {
    step "$1" show_host
}

show_host() {
    sed 's/^\([^ ]*\).*/module \1/' /proc/modules | sort
    show_values /sys/devices/virtual/workqueue/cpumask* /proc/sys/kernel/sched_rt_*_us /proc/sys/kernel/printk_devkmsg \
        /sys/kernel/debug/sched/fair_server/*/* /sys/bus/*/drivers_autoprobe
    for override in /sys/bus/*/devices/*/driver_override; do show_values "$override"; done
    grep -sv ' =_ ' /proc/dynamic_debug/control
    for instance in /sys/kernel/tracing/instances/*; do
        [ ! -e "$instance" ] || echo "trace instance $instance"
    done
    sed 's/^/kprobe /' /sys/kernel/tracing/kprobe_events
    for device in /sys/bus/*/devices/*; do
        # On 7.3 an unload of scsi_debug leaves one of these behind each time.
        case $device in */workqueue/devices/scsi_tmf_*) ;; *) echo "$device" ;; esac
    done
    # shellcheck disable=SC2012
    ls -ld /sys/bus/*/devices/*/driver | sed 's|.* /sys|/sys|'
    for ledger in /var/lib/bindrace/ledger/*; do
        [ ! -e "$ledger" ] || echo "ledger $ledger"
    done
    grep -s ^bindrace /proc/[0-9]*/comm
    true
}

# show_values FILE...: what each file holds that is there; without a process for each.
show_values() {
    for file; do
        [ ! -e "$file" ] || { IFS= read -r value <"$file"; echo "$file $value"; }
    done
}

# race PATTERN OPTION...: a run with a JSON result.
race() {
    pattern=$1
    shift
    bindrace stress --pattern "$pattern" --format json --quiet "$@"
}

# stand: no thread of a bindrace that was stopped is within a call any more: one that reads the pipe prints a record and takes it away in two steps, and
# who takes it in between takes nothing from it (tracing_read_pipe()).
# shellcheck disable=SC2046
stand() {
    for process in $(pidof bindrace); do
        cat /proc/"$process"/task/*/stat 2>/dev/null
    done | sed 's/.*) //' | grep -qv '^[TZ]' && return 1
    true
}

# read_away INSTANCE...: takes what is recorded there, as a second reader does; false where that is nothing.
read_away() (
    for instance; do
        for file in "$instance"/per_cpu/cpu*/trace_pipe_raw; do timeout 1 cat "$file"; done
    done >/read-away 2>/dev/null
    [ -s /read-away ]
)
