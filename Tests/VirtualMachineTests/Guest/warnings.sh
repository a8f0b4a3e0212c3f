#!/bin/sh
# What the kernel log has to say: of a device that warns, of a log that is overrun, and of a run that has nothing to hide.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

fixture=/sys/devices/bindrace_fixture
# begun CYCLE: the log has its mark, and it is the last one.
begun() { dmesg | grep 'bindrace: ' | tail -n 1 | grep -q "cycle $1\$"; }

# Of this script alone.
dmesg -c >/dev/null
load_needs
snapshot before
step clean race unbind-rebind --window 0 --cycles "$MARKS"
step clean-marks sh -c "dmesg | grep 'bindrace: .* B1 on scsi/0:0:0:0: cycle '"

step async race hotplug-async --widen cpu --cycles 20

# A device of the first race warns when it goes, which is before the second.
warn_when_gone() { within 60 begun 2 && echo 1 >$fixture/device0/absent_warn; }
warn_when_gone &
step left-behind bindrace stress --pattern link-lock-drop --pattern rescan --format json --quiet --cycles 3
wait

# A device of the test module warns in its third cycle.
modprobe bindrace_fixture
echo 0 >$fixture/driver_a/async
echo 1 >$fixture/driver_a/registered
echo 1 >$fixture/device0/present
warn_in_third() { within 60 begun 2 && echo 1 >$fixture/device0/probe_warn; }
warn_in_third &
step warned race unbind-rebind platform/bindrace_fixture.0 --cycles 8
wait
step warned-text bindrace stress --pattern unbind-rebind platform/bindrace_fixture.0 --cycles 1 --quiet
modprobe -r bindrace_fixture
snapshot after

# More is logged in a cycle than the log can hold, while bindrace does not get to read it.
modprobe bindrace_fixture
echo 0 >$fixture/driver_a/async
echo 1 >$fixture/driver_a/registered
echo 1 >$fixture/device0/present
echo 4000 >$fixture/device0/probe_ms
flood() {
    within 60 begun 2
    record=$(head -c 800 /dev/zero | tr '\0' x)
    number=0
    # shellcheck disable=SC2046
    kill -STOP $(pidof bindrace)
    while [ "$number" -lt 2000 ]; do
        echo "$record"
        number=$((number + 1))
    done >/dev/kmsg
    # shellcheck disable=SC2046
    kill -CONT $(pidof bindrace)
}
flood &
step flooded race unbind-rebind platform/bindrace_fixture.0 --cycles 4
wait
step flood-left sh -c 'dmesg | grep -c xxxx'
modprobe -r bindrace_fixture

# Without the log nobody knows whether the kernel warned.
mv /dev/kmsg /dev/kmsg-away
step unread race unbind-rebind --cycles 3
mv /dev/kmsg-away /dev/kmsg
