#!/bin/sh
# The trace is taken away by others: before a run and in its midst. What others leave in its way. Last, it is taken from a watch.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

tracing=/sys/kernel/tracing
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
# It stays: on 7.3 a SCSI host that comes after scsi_mod has gone is not probed any more.
modprobe sd_mod

control() { race unbind-rebind provider:fixture --cycles "$1"; }
catches() { race hotplug-async --widen cpu --cycles 3; }

step whole control 3
step whole-catches catches
load_needs
snapshot before

# ---- Before a run: probes can be made, and do not fire.
# before NAME FILE: a run while FILE is 0.
before() {
    echo 0 >"$2"
    step "$1-is" cat "$2"
    step "$1-doctor" bindrace doctor
    step "$1" control 3
    step "$1-catches" catches
    echo 1 >"$2"
}
before ftrace-off /proc/sys/kernel/ftrace_enabled
before kprobes-off /sys/kernel/debug/kprobes/enabled

# ---- In its midst.
switch_off() {
    for file; do echo 0 >"$file" || return; done
}
# Triggers keep an event on, and its probe with it.
remove_triggers() {
    for file in "$tracing"/instances/bindrace_*/events/bindrace_*/*/trigger; do
        ! grep -q '^stacktrace' "$file" || echo '!stacktrace' >"$file" || return
    done
}
# remove_probes FILE...: switches these off, and removes all probes. Who watches can make them anew in between.
remove_probes() {
    within 10 remove_unwatched "$@"
}
remove_unwatched() { remove_triggers && switch_off "$@" && echo >$tracing/kprobe_events; }
# unseen COMMAND...: while bindrace does not get to run, so that all of it meets one cycle.
# shellcheck disable=SC2046
unseen() {
    kill -STOP $(pidof bindrace)
    "$@"
    status=$?
    kill -CONT $(pidof bindrace)
    return $status
}
events_off() { switch_off $tracing/instances/bindrace_*/events/bindrace_*/enable; }
recording_off() { switch_off $tracing/instances/bindrace_*/tracing_on; }
probes_gone() { remove_probes $tracing/instances/bindrace_*/events/bindrace_*/enable; }

# midst NAME COMMAND: a control of 12 cycles, and COMMAND as soon as its fifth has begun. The last cycle that had begun then is in NAME-at.
midst() {
    dmesg -c >>/kernel-log
    step "$1" control 12 &
    running=$!
    within 120 has_begun
    step "$1-done" unseen "$2"
    step "$1-at" last_cycle
    wait "$running"
}
has_begun() { dmesg | grep -q 'bindrace: .* B1 on .*: cycle 5$'; }
last_cycle() { dmesg | sed -n 's/.*bindrace: .* B1 on .*: \(cycle [0-9]*\)$/\1/p' | tail -n 1; }
midst events events_off
midst recording recording_off
midst probes probes_gone
midst stacks remove_triggers
# Of one event alone, which the file of its group does not show where it has a trigger.
one_off() { switch_off $tracing/instances/bindrace_*/events/bindrace_*/driver_bound*/enable; }
filtered() { for file in "$tracing"/instances/bindrace_*/events/bindrace_*/driver_bound*/filter; do echo 'common_pid == 0' >"$file" || return; done; }
confined() { for file in "$tracing"/instances/bindrace_*/set_event_pid; do echo 1 >"$file" || return; done; }
emptied() { for file in "$tracing"/instances/bindrace_*/trace; do : >"$file" || return; done; }
# Something is recorded that bindrace has not read yet: this read at least.
read_once() { within 5 stand && read -r _ </sys/bus/workqueue/drivers_autoprobe && read_away $tracing/instances/bindrace_*; }
midst one one_off
midst filtered filtered
midst confined confined
midst emptied emptied
midst read read_once
snapshot after

# ---- Options that a new instance inherits from the one that everybody uses.
options='record-tgid raw latency-format noirq-info nocontext-info bin hex stacktrace'
# What this kernel has of them.
for option in $options; do
    [ ! -e "$tracing/options/${option#no}" ] || found="$found $option"
done
set_option() { echo "$1" >$tracing/trace_options; }
unset_option() {
    case $1 in no*) set_option "${1#no}" ;; *) set_option "no$1" ;; esac
}
step options-found echo "$found"
for option in $found; do set_option "$option"; done
step options-all catches
for option in $found; do unset_option "$option"; done
for option in ${EACH_OPTION:+$found}; do
    set_option "$option"
    step "options-$option" catches
    unset_option "$option"
done

# ---- Another function of a name that is probed.
modprobe bindrace_twin
step twin-there grep ' unbind_store' /proc/kallsyms
step twin control 3
step twin-catches catches
rmmod bindrace_twin

# ---- From a watch.
modprobe scsi_debug
within 10 test -b /dev/sda
disk=$(echo /sys/bus/pseudo/drivers/scsi_debug/adapter*/host*/target*/*:*)
disk=${disk##*/}
bindrace watch >/watch 2>&1 &
watch=$!
within 30 grep -q '^FINDING - ' /watch
read_lines=0
# told TEXT: it was said since the mark.
mark() { read_lines=$(wc -l </watch); }
told() { tail -n "+$((read_lines + 1))" /watch | grep -q "$1"; }
# No udevd is there that would have to be held.
udevadm() { true; }
shake() {
    set -- "$disk" "${disk%%:*}"
    # shellcheck source=shake.sh
    . /tests/shake.sh
}
# finds NAME: something comes back after an unbind of somebody else, and is told.
finds() {
    mark
    step "$1-shaken" shake
    step "$1-found" within 30 told '^FINDING\[.* late-async-attach '
}
# blind NAME COMMAND...: told, and why, within 15 s.
blind() {
    name=$1
    shift
    mark
    step "$name-done" "$@"
    step "$name-told" within 15 told 'the trace stood still'
}
reset_tracing() { remove_probes $tracing/events/enable $tracing/instances/*/events/enable; }
ftrace_off() { echo 0 >/proc/sys/kernel/ftrace_enabled; }

finds first
blind reset reset_tracing
# It can have seen the half of it, and made the probes anew meanwhile: what counts is the state after all of it.
is_remade() { grep -q bindrace_ $tracing/kprobe_events && grep -e '^LOST the trace' -e '^SEEN the trace' /watch | tail -n 1 | grep -q ^SEEN; }
step reset-recovered within 30 is_remade
finds reset
step off-before ls -di $tracing/instances/bindrace_*
blind off ftrace_off
# It has looked, and made no probe anew: a new instance has another number.
step off-waits within 15 told 'late attaches cannot be told'
step off-after ls -di $tracing/instances/bindrace_*
echo 1 >/proc/sys/kernel/ftrace_enabled
step off-recovered within 30 told 'the trace records again'
finds off
kill -TERM $watch
wait $watch
step watch cat /watch
rmmod scsi_debug

# ---- What the kernel said to all that.
dmesg -c >>/kernel-log
step warnings grep -A 25 -e 'cut here' -e 'BUG:' -e 'Oops' /kernel-log
