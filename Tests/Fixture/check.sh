#!/bin/sh
# Checks bindrace_fixture against README.md, in a guest:
#     scripts/vm --copy Tests/Fixture/check.sh:/check.sh -- sh /check.sh
# One line for each thing that must hold, "ok" or "not ok"; exit status 1 where any is "not ok".
# Times are bounded from below by what was asked for, and from above only far away: the guest may be emulated on a busy machine.
# shellcheck disable=SC3043,SC1010,SC2086 # busybox has local; "done" is a word here; no name has spaces
set -u

root=/sys/devices/bindrace_fixture bus=/sys/bus/platform failures=0

# The errors of writes are expected and compared, so the C library's words for them are used.
EINVAL='Invalid argument' EBUSY='Device or resource busy' EIO='Input/output error' ENODEV='No such device' EAGAIN='Resource temporarily unavailable'
# What a write to "bind" says of a probe that failed, and of a device that is not ready. 5.10 does not tell why, and lets EPROBE_DEFER out.
NOT_READY=$EAGAIN
says() { echo "$1"; }
case $(uname -r) in
5.*)
    NOT_READY='Unknown error 517'
    says() { echo "$ENODEV"; }
    ;;
esac

say() { echo "$*"; }
ok() { say "ok      $*"; }
not_ok() { say "not ok  $*"; failures=$((failures + 1)); }

# is WHAT EXPECTED ACTUAL
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: '$3', not '$2'"; fi; }
# takes WHAT LEAST MOST ACTUAL: milliseconds
takes() { if [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then ok "$1 ($4 ms)"; else not_ok "$1: $4 ms, not $2 to $3"; fi; }

# put VALUE FILE: says done, or the error
put() {
    local error
    if error=$( { echo "$1" >"$2"; } 2>&1); then echo done; else echo "${error##*: }"; fi
}
set_all() { # set_all FOLDER NAME=VALUE...
    local folder=$root/$1 pair
    shift
    for pair; do echo "${pair#*=}" >"$folder/${pair%%=*}" || not_ok "$folder/${pair%%=*} takes ${pair#*=}"; done
}
get() { cat "$root/$1"; }

device() { echo "$bus/devices/bindrace_fixture.$1"; }
driver() { echo "$bus/drivers/bindrace_fixture_$1"; }
bind() { put "bindrace_fixture.$2" "$(driver "$1")/bind"; }
unbind() { put "bindrace_fixture.$2" "$(driver "$1")/unbind"; }
# bound DEVICE: a, b, none or absent
bound() {
    local link
    [ -e "$(device "$1")" ] || { echo absent; return; }
    link=$(readlink "$(device "$1")/driver") || { echo none; return; }
    echo "${link##*_}"
}
# eventually WHAT EXPECTED COMMAND...: within 20 s
eventually() {
    local what=$1 expected=$2 tries=0
    shift 2
    while [ "$("$@")" != "$expected" ] && [ "$tries" -lt 400 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    is "$what" "$expected" "$("$@")"
}

# From /proc/uptime, in steps of 10 ms; a step more may have passed than it says.
now() { local up rest; read -r up rest </proc/uptime; up=${up%.*}${up#*.}; echo $((${up#0} * 10)); }
took() { echo $(($(now) - $1 + 10)); }

load() { modprobe bindrace_fixture "$@" || not_ok "modprobe bindrace_fixture $*"; }
unload() { rmmod bindrace_fixture || not_ok "rmmod bindrace_fixture"; }
# nothing_left WHAT
nothing_left() {
    local left
    left=$(ls -d $root $bus/devices/bindrace_fixture.* $bus/drivers/bindrace_fixture_* /sys/module/bindrace_fixture \
        /sys/class/devlink/*bindrace_fixture* 2>/dev/null)
    is "$1: nothing is left" '' "$left"
}

# nothing_wrong WHAT: the kernel did not complain since the last time; its log is empty afterwards.
nothing_wrong() {
    local complaints
    complaints=$(dmesg | grep -ciE 'warning:|bug:|oops:|call trace|blocked for more|refcount_t|resources present|sysfs: cannot|kobject.*(tried|uninit)')
    is "$1" 0 "$complaints"
    [ "$complaints" = 0 ] || dmesg
    dmesg -c >/dev/null
}

dmesg -c >/dev/null # what the boot said is not ours
say "# kernel $(uname -r)"

say '# loading'
is 'modprobe -n finds it' 0 "$(modprobe -n bindrace_fixture; echo $?)"
is 'modprobe --show-depends needs nothing else' 1 "$(modprobe --show-depends bindrace_fixture | grep -c '^insmod .*/bindrace_fixture\.ko')"
for parameter in devices=0 devices=1025 devices=-1 drivers=0 drivers=5; do
    is "$parameter is refused" 1 "$(modprobe bindrace_fixture "$parameter" 2>/dev/null; echo $?)"
done
nothing_left 'after a load that was refused'
load devices=1024 drivers=4
is 'as many folders as asked for' '1024 4' "$(echo $root/device* | wc -w) $(echo $root/driver_* | wc -w)"
unload
load
is 'four devices and two drivers by default' '4 2' "$(echo $root/device* | wc -w) $(echo $root/driver_* | wc -w)"
is 'loading makes no device and no driver' '' "$(ls -d "$(device '')"* "$(driver '')"* 2>/dev/null)"

say '# wrong values'
for pair in device0/present=2 device0/present=-1 device0/present=x device0/present= device0/probe_ms=-1 device0/probe_ms=3600001 \
    device0/probe_ms=4294967297 device0/probe_busy_us=100001 device0/remove_ms=1s device0/defer=-1 device0/probe_warn=-1 device0/probe_bug=2 device0/absent_warn=x device0/defer_ms=x device0/add_ms=-5 \
    device0/error=4096 device0/error=-5 device0/supplier=0 device0/supplier=4 device0/supplier=-2 driver_a/registered=2 driver_a/async=2 \
    driver_a/probe_ms=x driver_a/error=4096; do
    before=$(get "${pair%%=*}")
    is "$pair" "$EINVAL $before" "$(put "${pair#*=}" "$root/${pair%%=*}") $(get "${pair%%=*}")"
done
is 'rescan=0' "$EINVAL" "$(put 0 $root/rescan)"

say '# presence and registration'
is 'present=0 of an absent device' 'done absent' "$(put 0 $root/device0/present) $(bound 0)"
is 'present=1' 'done none' "$(put 1 $root/device0/present) $(bound 0)"
is 'present reads 1' 1 "$(get device0/present)"
is 'present=1 again' 'done none' "$(put 1 $root/device0/present) $(bound 0)"
is 'its path' /sys/devices/bindrace_fixture/bindrace_fixture.0 "$(realpath "$(device 0)")"
is 'registered=0 of an absent driver' done "$(put 0 $root/driver_a/registered)"
is 'registered=1' done "$(put 1 $root/driver_a/registered)"
is 'registered=1 again' 'done 1' "$(put 1 $root/driver_a/registered) $(get driver_a/registered)"
is 'the driver has bind and unbind' yes "$([ -e "$(driver a)/bind" ] && [ -e "$(driver a)/unbind" ] && echo yes)"
eventually 'a driver that comes finds the device' a bound 0
is 'async=0 while registered' "$EBUSY 1" "$(put 0 $root/driver_a/async) $(get driver_a/async)"
put 1 $root/driver_b/registered >/dev/null
is 'unbind' 'done none' "$(unbind a 0) $(bound 0)"
is 'unbind of what is unbound' "$ENODEV" "$(unbind a 0)"
is 'the other driver can have it' 'done b' "$(bind b 0) $(bound 0)"
is 'registered=0 detaches' 'done none' "$(put 0 $root/driver_b/registered) $(bound 0)"
is 'present=0' 'done absent 0' "$(put 0 $root/device0/present) $(bound 0) $(get device0/present)"

say '# asynchronous probes'
set_all device0 probe_ms=2000
probes=$(get device0/probes)
start=$(now)
put 1 $root/device0/present >/dev/null
takes 'present=1 does not wait' 0 1500 "$(took "$start")"
eventually 'the probe begins' $((probes + 1)) get device0/probes
unbind a 0 >/dev/null # waits for the device lock that the probe holds
takes 'the probe held the device lock for probe_ms' 2000 10000 "$(took "$start")"
is 'and unbind, behind it, detached' none "$(bound 0)"
put 0 $root/driver_a/registered >/dev/null
start=$(now)
put 1 $root/driver_a/registered >/dev/null
takes 'registered=1 does not wait' 0 1500 "$(took "$start")"
start=$(now)
put 0 $root/driver_a/registered >/dev/null
takes 'registered=0 waits for the probe' 300 10000 "$(took "$start")"
is 'and leaves the device unbound' none "$(bound 0)"
is 'settings survive absence' 'done done 2000' "$(put 0 $root/device0/present) $(put 1 $root/device0/present) $(get device0/probe_ms)"
put 0 $root/device0/present >/dev/null

say '# synchronous probes'
set_all device0 probe_ms=300
set_all driver_a async=0 registered=1
start=$(now)
put 1 $root/device0/present >/dev/null
takes 'present=1 waits for the probe' 300 5000 "$(took "$start")"
is 'and the device is bound' a "$(bound 0)"
put 0 $root/driver_a/registered >/dev/null
set_all driver_a probe_ms=400
start=$(now)
put 1 $root/driver_a/registered >/dev/null
takes 'registered=1 waits, and the driver adds its probe_ms' 700 5000 "$(took "$start")"
set_all driver_a probe_ms=0
set_all device0 probe_ms=0 remove_ms=300
start=$(now)
unbind a 0 >/dev/null
takes 'unbind waits for remove_ms' 300 5000 "$(took "$start")"
set_all device0 remove_ms=0 probe_busy_us=100000
# Ticks of 10 ms that this process spent in the kernel; field 2 is "(sh)".
ticks=$(sh -c "echo bindrace_fixture.0 >$(driver a)/bind; cut -d ' ' -f 15 /proc/\$\$/stat")
if [ "$ticks" -ge 8 ]; then ok "probe_busy_us burns the CPU ($ticks ticks)"; else not_ok "probe_busy_us=100000 burnt $ticks ticks"; fi
set_all device0 probe_busy_us=0 present=0

say '# writers that wait'
set_all device0 probe_ms=3000
echo 1 >$root/device0/present &
sleep 0.5
start=$(now)
sh -c "echo 0 >$root/device0/present" 2>/dev/null & waiting=$!
sleep 0.3
kill $waiting
wait $waiting 2>/dev/null
takes 'one that waits for a slot can be killed' 300 1500 "$(took "$start")"
wait
is 'and did nothing' 'a 1' "$(bound 0) $(get device0/present)"
set_all device0 probe_ms=0 present=0

say '# errors'
set_all device0 error=5 probe_ms=200
is 'a device that fails is added and unbound' 'done none' "$(put 1 $root/device0/present) $(bound 0)"
start=$(now)
is 'bind says the error' "$(says "$EIO")" "$(bind a 0)"
takes 'after probe_ms' 200 5000 "$(took "$start")"
set_all device0 error=0 probe_ms=0
set_all driver_a error=16
is "the driver's error" "$(says "$EBUSY")" "$(bind a 0)"
set_all driver_a error=0
is 'no error any more' 'done a' "$(bind a 0) $(bound 0)"
set_all device0 present=0

say '# deferral'
set_all device0 defer=2 defer_ms=200
probes=$(get device0/probes)
start=$(now)
is 'a device that defers is added and unbound' 'done none' "$(put 1 $root/device0/present) $(bound 0)"
takes 'after defer_ms' 200 5000 "$(took "$start")"
is 'counted' "1 $((probes + 1))" "$(get device0/defer) $(get device0/probes)"
is 'bind says it' "$(says "$EAGAIN") 0" "$(bind a 0) $(get device0/defer)"
is 'it stays unbound by itself' none "$(sleep 1; bound 0)"
set_all device1 present=1
is 'another device is bound' a "$(bound 1)"
eventually 'and so the deferred one attaches' a bound 0
set_all device0 present=0 defer_ms=0
set_all device1 present=0

say '# warnings'
nothing_wrong 'the kernel had nothing to complain about so far'
set_all device0 present=1
unbind a 0 >/dev/null
set_all device0 probe_warn=1
is 'a probe that warns goes on' 'done a 0' "$(bind a 0) $(bound 0) $(get device0/probe_warn)"
is 'and the log has it' 1 "$(dmesg | grep -c '^.*bindrace_fixture.0 was told to warn')"
is 'the next one does not warn' 'done done 1' "$(unbind a 0) $(bind a 0) $(dmesg | grep -c 'was told to warn')"
set_all device0 absent_warn=1
is 'a device that warns goes all the same' 'done absent 0' "$(put 0 $root/device0/present) $(bound 0) $(get device0/absent_warn)"
is 'and the log has it too' 2 "$(dmesg | grep -c 'was told to warn')"
dmesg -c >/dev/null

say '# links'
set_all device0 present=1
set_all device1 supplier=0 present=1
is 'supplier and consumer are bound' 'a a' "$(bound 0) $(bound 1)"
is 'the link' yes "$([ -e "/sys/class/devlink/platform:bindrace_fixture.0--platform:bindrace_fixture.1" ] && echo yes)"
is 'unbind of the supplier takes the consumer along' 'done none none' "$(unbind a 0) $(bound 0) $(bound 1)"
is 'bind of the supplier' 'done a' "$(bind a 0) $(bound 0)"
eventually 'brings the consumer back (AUTOPROBE_CONSUMER)' a bound 1
is 'unbind of the consumer' 'done none' "$(unbind a 1) $(bound 1)"
is 'which stays so' none "$(sleep 1; bound 1)"
is 'unbind and bind of the supplier' 'done done' "$(unbind a 0) $(bind a 0)"
eventually 'bind the consumer' a bound 1
set_all device0 present=0
is 'removing the supplier detaches the consumer' none "$(bound 1)"
is 'and removes the link' '' "$(ls -d /sys/class/devlink/*bindrace_fixture* 2>/dev/null)"
set_all device1 present=0
is 'with its supplier absent it comes all the same' 'done a' "$(put 1 $root/device1/present) $(bound 1)"
is 'and a warning says so' 1 "$(dmesg | grep -c 'bindrace_fixture.1: no link: supplier 0')"
set_all device1 present=0 supplier=-1

say '# driver_override'
set_all device0 present=1
unbind a 0 >/dev/null
echo bindrace_fixture_b >"$(device 0)/driver_override"
is 'bind to the other driver is refused' "$ENODEV none" "$(bind a 0) $(bound 0)"
set_all driver_b async=0 registered=1
is 'the named driver takes it' b "$(bound 0)"
set_all driver_b registered=0
set_all device0 present=0

say '# rescan'
trace=/sys/kernel/tracing
set_all device0 present=1
unbind a 0 >/dev/null
echo 'p:fixture/bound driver_bound' >$trace/kprobe_events
echo stacktrace >$trace/events/fixture/bound/trigger
echo 1 >$trace/events/fixture/bound/enable
is 'rescan=1 binds' 'done a' "$(put 1 $root/rescan) $(bound 0)"
echo 0 >$trace/events/fixture/bound/enable
is 'and is on the stack' yes "$(grep -q '=> bus_rescan_devices' $trace/trace && grep -q '=> rescan_store' $trace/trace && echo yes)"
echo '!stacktrace' >$trace/events/fixture/bound/trigger
echo >$trace/kprobe_events
set_all device0 present=0

say '# held between ADD to the bus and its own probe'
set_all device0 add_ms=2000
number=$(cat /sys/kernel/uevent_seqnum)
start=$(now)
echo 1 >$root/device0/present &
eventually 'it is on the bus' none bound 0
is 'while present still reads 0 and no ADD uevent was sent' "0 $number" "$(get device0/present) $(cat /sys/kernel/uevent_seqnum)"
is 'and bind is told to come again' "$NOT_READY" "$(bind a 0)"
is 'and rescan too' "$EAGAIN" "$(put 1 $root/rescan)"
wait
takes 'for add_ms' 2000 10000 "$(took "$start")"
is 'then it is bound' a "$(bound 0)"
set_all device0 present=0 add_ms=0
unload
nothing_left 'after unloading'

say '# unloading in every state'
# unload_while WHAT: what was set up before goes with the module
unload_while() {
    start=$(now)
    unload
    takes "$1" 0 20000 "$(took "$start")"
    wait
    nothing_left "$1"
}
load
set_all driver_a registered=1
set_all driver_b async=0 registered=1
for i in 0 1 2 3; do set_all device$i present=1; done
unload_while 'with everything bound'
load
set_all driver_a registered=1
set_all device0 probe_ms=2000 present=1
unload_while 'while an asynchronous probe of a new device runs'
load
set_all device0 probe_ms=2000 present=1
set_all driver_a registered=1
unload_while 'while an asynchronous probe of a new driver runs'
load
set_all device0 probe_ms=2000
set_all driver_a async=0 registered=1
echo 1 >$root/device0/present & sleep 0.5
unload_while 'while a synchronous probe runs in a write to present'
load
set_all device0 probe_ms=2000 present=1
set_all driver_a async=0
echo 1 >$root/driver_a/registered & sleep 0.5
unload_while 'while a synchronous probe runs in a write to registered'
load
set_all driver_a async=0 registered=1
set_all device0 present=1
unbind a 0 >/dev/null
set_all device0 probe_ms=2000
echo bindrace_fixture.0 >"$(driver a)/bind" & sleep 0.5
unload_while 'while a bind runs'
load
set_all driver_a async=0 registered=1
set_all device0 remove_ms=2000 present=1
echo bindrace_fixture.0 >"$(driver a)/unbind" & sleep 0.5
unload_while 'while an unbind runs'
load
set_all device0 add_ms=2000
echo 1 >$root/device0/present & sleep 0.5
{ echo 0 >$root/device0/present; } 2>/dev/null & sleep 0.2
unload_while 'while a device is held before its probe, and a writer waits for it'
load
set_all driver_a async=0 registered=1
set_all device0 defer=1000 defer_ms=500 present=1
set_all device1 present=1
unload_while 'while a device is deferred and tried again'
load
set_all driver_a async=0 registered=1
set_all device0 present=1
set_all device1 supplier=0 present=1
set_all device2 supplier=1 present=1
set_all device3 supplier=2
unload_while 'with links'
load
set_all driver_a async=0 registered=1
set_all device0 present=1
unbind a 0 >/dev/null
set_all device0 probe_ms=2000
echo 1 >$root/rescan & sleep 0.5
unload_while 'while a rescan runs'

say '# much at once'
# Every file is written by somebody while the module goes; only what hangs or makes the kernel complain counts.
# Without links: these kernels do complain about two unbinds of one supplier at once (README.md).
round=0
while [ "$round" -lt 5 ]; do
    load
    for i in 0 1 2 3; do
        set_all device$i probe_ms=1 remove_ms=1
        (while [ -e $root ]; do echo 1 >$root/device$i/present; echo 0 >$root/device$i/present; done) 2>/dev/null &
        (while [ -e $root ]; do bind b $i; unbind a $i; unbind b $i; done) >/dev/null 2>&1 &
    done
    for x in a b; do
        (while [ -e $root ]; do echo 1 >$root/driver_$x/registered; echo 1 >$root/rescan; echo 0 >$root/driver_$x/registered
            echo 0 >$root/driver_$x/async; echo 1 >$root/driver_$x/async; done) 2>/dev/null &
    done
    sleep 3
    is "round $round: every device was probed" 4 "$(cat $root/device?/probes | grep -vc '^0$')"
    unload
    wait
    round=$((round + 1))
done
nothing_left 'after five unloads under fire'

say '# again and again'
round=0
while [ "$round" -lt 50 ]; do
    load
    set_all driver_a registered=1
    set_all device0 probe_ms=10 present=1
    set_all device1 present=1
    unload
    round=$((round + 1))
done
nothing_left 'after fifty times'

nothing_wrong 'the kernel had nothing to complain about'

say "# $failures not ok"
[ "$failures" = 0 ]
