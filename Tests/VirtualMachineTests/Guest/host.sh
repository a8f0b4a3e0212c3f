#!/bin/sh
# The host before and after a run that ended by itself, and one that was killed at the worst instant.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

mask=/sys/devices/virtual/workqueue/cpumask
read -r whole <$mask
is_narrowed() { read -r now <$mask && [ "$now" != "$whole" ]; }
is_quiet() { ! grep -qs ^bindrace /proc/[0-9]*/comm; }

snapshot before

step alone sh -c 'echo $$ >/first; exec bindrace stress --format json' &
alone=$!
within 60 test -s /run/bindrace.lock
step first cat /first
step second bindrace stress --format json
wait "$alone"
snapshot after

# killed PATTERN: a run of it is killed while the mask is narrowed.
killed() {
    bindrace stress --pattern "$1" --cycles 1000 >/dev/null 2>&1 &
    victim=$!
    within 60 is_narrowed
    kill -KILL "$victim"
    step "$1-mask" cat $mask
    # The racer ends with its parent, but not before the kernel gives its threads back.
    within 60 is_quiet
    step "$1-restore" bindrace restore
    snapshot "$1-restored"
}
killed hotplug-async
killed driver-load-async

# Ctrl-C and a service manager end a run the same way.
interrupted() {
    bindrace stress --pattern hotplug-async --cycles 1000 --format json &
    victim=$!
    within 60 is_narrowed
    kill -TERM "$victim"
    wait "$victim"
}
step interrupted interrupted
snapshot interrupted-after
