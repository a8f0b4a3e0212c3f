#!/bin/sh
# Takes the probes away from $COUNT runs of a control, each at a random instant, of $SEED, and looks whether one passes. See scripts/blinded.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

tracing=/sys/kernel/tracing
[ -e /sys/kernel/debug/kprobes ] || mount -t debugfs debugfs /sys/kernel/debug
mkdir /blinded
# It stays: on 7.3 a SCSI host that comes after scsi_mod has gone is not probed any more.
modprobe sd_mod
echo 1 >/proc/sys/kernel/printk
cycles=12

# ---- chance

# random N: sets $random to 0..N-1
# shellcheck disable=SC2153
seed=$SEED
random() {
    seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
    random=$((seed / 256 % $1))
}
sleep_ms() { sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }

# ---- ways to take probes away. Each is true where it did so.

# write TEXT FILE...: into each of them that is there; false where there is none
write() {
    text=$1
    shift
    [ -e "$1" ] || return
    for file; do echo "$text" >"$file" || return; done
}
# The instance of the run that goes on, its group of events, and one of these by chance.
instance=$tracing/instances/bindrace_
one_event() {
    set -- $instance*/events/bindrace_*/*/enable
    random $#
    shift $random
    echo "${1%/enable}"
}
# Triggers keep an event on, and its probe with it.
no_triggers() {
    for file in "$instance"*/events/bindrace_*/*/trigger; do
        ! grep -q '^stacktrace' "$file" || echo '!stacktrace' >"$file" || return
    done
}
no_probes() { no_triggers && write 0 $instance*/events/enable && echo >$tracing/kprobe_events; }
# all SIGNAL: to all processes of bindrace; false where there is none
# shellcheck disable=SC2046
all() { kill "-$1" $(pidof bindrace); }
# held COMMAND: while nothing of bindrace runs, and something is recorded that it has not read yet: a read of somebody else at least
held() {
    all STOP || return
    within 5 stand
    status=1
    read -r _ </sys/bus/workqueue/drivers_autoprobe
    if is_filled; then
        "$@"
        status=$?
    fi
    all CONT
    return $status
}
is_filled() { cat $instance*/per_cpu/cpu*/stats | grep -q '^entries: [1-9]'; }

ways='events group one stacks recording set_event probes reset ftrace kprobes small emptied read'
take_events() { write 0 $instance*/events/enable; }
take_group() { write 0 $instance*/events/bindrace_*/enable; }
take_one() { one=$(one_event) && write 0 "$one/enable"; }
take_stacks() {
    # shellcheck disable=SC2046
    set -- $(grep -ls '^stacktrace' $instance*/events/bindrace_*/*/trigger)
    [ $# -gt 0 ] || return
    random $#
    shift $random
    one=${1%/trigger}
    write '!stacktrace' "$1"
}
take_recording() { write 0 $instance*/tracing_on; }
take_set_event() { write '' $instance*/set_event; }
take_probes() { within 5 no_probes; }
# What trace-cmd reset does to all instances.
take_reset() { write 0 $tracing/tracing_on $instance*/tracing_on && write 0 $tracing/events/enable; within 5 no_probes; write '' $instance*/trace; write 1 $tracing/tracing_on; }
take_ftrace() { echo 0 >/proc/sys/kernel/ftrace_enabled; }
take_kprobes() { echo 0 >/sys/kernel/debug/kprobes/enabled; }
# Too small a buffer, and more of what is recorded than it holds.
take_small() {
    write 4 $instance*/buffer_size_kb || return
    all STOP || return
    turn=0
    while [ $turn -lt 500 ]; do
        turn=$((turn + 1))
        read -r _ </sys/bus/workqueue/drivers_autoprobe
    done
    all CONT
}
take_emptied() { within 2 held write '' $instance*/trace; }
take_read() { within 2 held read_away $instance*; }
give_back() {
    echo 1 >/proc/sys/kernel/ftrace_enabled
    echo 1 >/sys/kernel/debug/kprobes/enabled
}

# ---- the runs

control() { bindrace stress provider:fixture --pattern unbind-rebind --cycles $cycles --window 50ms --format json --quiet; }
# cycle: the last one that has begun, or nothing
cycle() { dmesg | sed -n 's/.*bindrace: .* B1 on .*: cycle \([0-9]*\)$/\1/p' | tail -n 1; }
has_begun() { [ "$(cycle)" ]; }
conclusion() { sed -n 's/.*"conclusion" *: *"\([a-z]*\)".*/\1/p' /blinded/out | head -n 1; }
# whole: a run of which nothing is taken away passes, or the others prove nothing. Sets $length, the milliseconds of its cycles.
whole() {
    dmesg -c >>/blinded/log
    control >/blinded/out 2>/blinded/err &
    running=$!
    within 60 has_begun
    begin=$(clock)
    wait $running
    status=$?
    length=$((($(clock) - begin) * 10))
    wholes=$((wholes + 1))
    [ $status = 0 ] && [ "$(conclusion)" = pass ] && return
    echo "a run with all of its probes: status $status, $(conclusion)"
    cat /blinded/err
    return 1
}

wholes=0 runs=0 passes=0 other=0 over=0 failed=0
: >/blinded/counts
whole || exit
echo "$(uname -r), seed $SEED: the $cycles cycles of a run take $length ms"
while [ $runs -lt "$COUNT" ]; do
    random $((length / 2))
    after=$random
    # By turns.
    # shellcheck disable=SC2086
    set -- ${WAYS:-$ways}
    shift $((runs % $#))
    way=$1
    dmesg -c >>/blinded/log
    control >/blinded/out 2>/blinded/err &
    running=$!
    within 60 has_begun
    sleep_ms "$after"
    from=$(cycle) one=''
    if "take_$way" 2>/blinded/take; then taken=yes; else taken=''; fi
    to=$(cycle)
    wait $running
    status=$?
    give_back
    # The last cycle has to come yet: whatever it needs is not told any more, or something was lost before.
    if [ ! "$taken" ] || [ "${to:-$cycles}" -ge $cycles ]; then
        over=$((over + 1))
        echo "  $way in cycle $from to $to (after $after ms): $([ "$taken" ] && echo "over before" || echo "not done: $(head -n 1 /blinded/take)")"
        [ $over -le $((COUNT * 3 + 20)) ] || { echo "too many are over before"; cat /blinded/take; exit 1; }
        # Sooner the next time.
        [ "${to:-0}" -lt $cycles ] || length=$((length * 49 / 50))
        continue
    fi
    runs=$((runs + 1))
    ended=$(conclusion)
    echo "$way $ended $status" >>/blinded/counts
    echo "run $runs: $way in cycle $from to $to (after $after ms): status $status, $ended${one:+; ${one##*/}}"
    case $status,$ended in
    3,inconclusive) continue ;;
    0,* | *,pass) passes=$((passes + 1)) ;;
    *) other=$((other + 1)) ;;
    esac
    sed 's/^/    /' /blinded/err
    sed -n '/"evidence" *: *{/,/}/p; /"verdicts" *: *{/,/}/p; s/.*"text" *: */    /p' /blinded/out | head -n 40
    # Anew from where nothing is taken away.
    whole || failed=1
done
whole || failed=1
for way in ${WAYS:-$ways}; do
    awk -v way="$way" '$1 == way { n++; if ($2 == "pass" || $3 == 0) p++; if ($2 == "inconclusive" && $3 == 3) i++ }
        END { printf "%-10s %3d runs, %d passes, %d inconclusive\n", way, n, p, i }' /blinded/counts
done
echo "$wholes runs with all of their probes passed, or are above; $over were over before, or nothing could be taken away, and were repeated"
echo "$(uname -r), seed $SEED: $runs runs, $passes passes"
[ $passes = 0 ] && [ $other = 0 ] && [ $failed = 0 ]
