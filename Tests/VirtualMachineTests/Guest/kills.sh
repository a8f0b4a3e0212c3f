#!/bin/sh
# Kills bindrace at $COUNT random instants, of $SEED, and looks whether restore puts back everything; where $SYSTEM is set also whether udevd is at work
# again before that. See scripts/kills.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

tracing=/sys/kernel/tracing
mkdir /kills
# sleep_ms MILLISECONDS
sleep_ms() { sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }

# ---- the host: devices of all kinds, modules that are loaded and not, devices without a driver

if [ "$SYSTEM" ]; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y /packages/first.deb >/kills/install 2>&1 || { cat /kills/install; exit 1; }
    # It loads drivers for what is there, and would do so in between.
    udevadm settle --timeout=120
    rmmod nvme 2>/dev/null
fi
modprobe -a virtio_rng virtio_scsi sd_mod i2c_dev dummy_hcd
rmmod dummy_hcd
# They stay, with whatever they make.
load_needs
# One parameter can be written, the other only given by a load.
modprobe nvme io_timeout=77 use_threaded_interrupts=1
modprobe usbtest pattern=1
modprobe pcspkr
within 20 test -e /sys/block/sda -a -e /sys/block/nvme0n1
two_are_driven() { set -- /sys/bus/virtio/drivers/virtio_rng/virtio*; [ $# = 2 ]; }
within 20 two_are_driven
driven=''
for device in /sys/bus/virtio/drivers/virtio_rng/virtio*; do
    name=${device##*/}
    # The second one has no driver.
    if [ "$driven" ]; then idle=$name; else driven=$name; fi
done
idle() { echo "$idle" >/sys/bus/virtio/drivers/virtio_rng/unbind; [ ! -e "/sys/bus/virtio/devices/$idle/driver" ]; }
idle || { ls -l /sys/bus/virtio/drivers/virtio_rng; echo "'$idle' is not idle"; exit 1; }
for device in /sys/bus/pci/drivers/nvme/*:*; do nvme=${device##*/}; done
port=$(readlink -f "/sys/bus/pci/devices/$nvme/..")
port=${port##*/}
for device in /sys/bus/scsi/drivers/sd/*:*; do disk=${device##*/}; done
# No driver, and its module not loaded: an Intel SMBus.
smbus=0000:00:1f.3
# A chip that somebody made on the stub.
echo 1 >/proc/sys/kernel/printk

# ---- whether modules were loaded with async_probe=1, which the kernel shows nowhere

# /sys/module/NAME/initstate is read by show_initstate(attribute, struct module_kobject *, buffer): the module comes behind its kobject
# of 64 bytes, its name 24 behind its begin, and async_probe_requested where it differs between loads with and without.
find_flag() {
    arguments=''
    for part in 0 1 2 3 4 5 6; do arguments="$arguments b$part=+$((128 + 64 * part))(+64(\$arg2)):x8[64]"; done
    echo "p:kills/module show_initstate$arguments" >>$tracing/kprobe_events
    echo 1 >$tracing/instances/kills/events/kills/module/enable
    rmmod pcspkr
    turn=0
    for flag in 0 1 1 0 1 0; do
        modprobe pcspkr async_probe=$flag
        echo >$tracing/instances/kills/trace
        cat /sys/module/pcspkr/initstate >/dev/null
        turn=$((turn + 1))
        grep -o 'b0=.*' $tracing/instances/kills/trace | sed 's/b[0-9]=//g; s/[{} ,][{} ,]*/ /g; s/^ //' | tr ' ' '\n' >/flag$turn
        rmmod pcspkr
    done
    echo 0 >$tracing/instances/kills/events/kills/module/enable
    echo -:kills/module >>$tracing/kprobe_events
    line=$(paste -d ' ' /flag? | grep -n '^0x0 0x1 0x1 0x0 0x1 0x0$')
    line=${line%%:*}
    [ "$line" -gt 0 ] || { echo "the flag async_probe_requested was not found"; exit 1; }
    echo "p:kills/module show_initstate name=+24(+64(\$arg2)):string async=+$((127 + line))(+64(\$arg2)):u8" >>$tracing/kprobe_events
    echo 1 >$tracing/instances/kills/events/kills/module/enable
    modprobe pcspkr
}
mkdir $tracing/instances/kills
# udevd reads these files too.
[ ! "$SYSTEM" ] || { udevadm settle --timeout=120; udevadm control --stop-exec-queue; }
find_flag
[ ! "$SYSTEM" ] || udevadm control --start-exec-queue

# show_all: the host, with how modules were loaded.
show_all() {
    show_host
    echo >$tracing/instances/kills/trace
    cat /sys/module/*/initstate >/dev/null
    sed -n 's/.*name="\(.*\)" async=\(.*\)/module \1 async \2/p' $tracing/instances/kills/trace | sort -u
    grep -s . /sys/module/nvme/parameters/* /sys/module/usbtest/parameters/* /sys/module/sd_mod/parameters/*
    grep -sE '^(modprobe|rmmod)' /proc/[0-9]*/comm
    true
}

# ---- chance

# random N: sets $random to 0..N-1
# shellcheck disable=SC2153
seed=$SEED
random() {
    seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
    random=$((seed / 256 % $1))
}
# one_of WORD...: sets $chosen
one_of() {
    random $#
    shift $random
    chosen=$1
}
patterns=$(bindrace patterns | awk '$1 ~ /^[A-Z][0-9]+$/ { print $2 }')

# choose: sets $command, and $kind, of which each takes about the same time
choose() {
    one_of scsi_debug fixture fixture fixture i2c_stub uhid dummy_hcd pcspkr rng rng idle nvme nvme port disk disk smbus default saturate
    kind=$chosen
    one_of auto auto none cpu
    command="--widen $chosen"
    case $kind in
    fixture)
        command="provider:fixture --cycles 2"
        for turn in 1 2 3; do
            # shellcheck disable=SC2086
            one_of $patterns
            command="$command --pattern $chosen"
        done
        one_of auto auto auto none cpu lock add
        command="$command --widen $chosen"
        ;;
    saturate) command="provider:scsi_debug --pattern driver-load-async --cycles 1 --widen saturate" ;;
    default) command="--duration 10s" ;;
    pcspkr) command="platform/pcspkr --duration 6s $command" ;;
    rng) command="virtio/$driven --duration 8s $command" ;;
    idle) command="virtio/$idle --duration 8s $command" ;;
    nvme) command="pci/$nvme --duration 8s $command" ;;
    port) command="pci/$port --duration 4s $command" ;;
    disk) command="scsi/$disk --duration 8s $command" ;;
    smbus) command="pci/$smbus --duration 6s $command" ;;
    *) command="provider:$kind --duration 6s $command" ;;
    esac
    random 1000000
    command="$command --seed $random"
}

# ---- the kills

# restore: killed itself now and then, where it can be while udevd stands for it, and then once more
restore() {
    random 3
    if [ $random = 0 ]; then
        random 1500
        bindrace restore >/kills/first 2>&1 &
        victim=$!
        sleep_ms $random
        # Not where hundreds of disks come and go: whatever is asked of udevd then waits behind their events for longer than 15 s.
        [ ! "$SYSTEM" ] || [ "$kind" = saturate ] || [ $((random % 3)) = 0 ] || within 400 slowly restore_stands_or_over
        restore_stood=''
        [ "$kind" = saturate ] || ! restore_stands || restore_stood=yes
        # shellcheck disable=SC2320
        kill -KILL $victim 2>/dev/null && also=", restore after $random ms${restore_stood:+ and while udevd stood for it}"
        killed=$(clock)
        wait $victim 2>/dev/null
        if [ "$restore_stood" ]; then
            if works_within 15; then also="$also, at work after $(($(clock) - killed)) cs"; else works=''; fi
            restores_standing=$((restores_standing + 1))
        fi
    fi
    bindrace restore >/kills/restore 2>&1
}
# restore_stands: a restore has told udevd to begin no event.
restore_stands() { grep -qs udev-queue /var/lib/bindrace/ledger/restore-*; }
restore_stands_or_over() { restore_stands || ! kill -0 "$victim" 2>/dev/null; }

# ---- udevd, and what else it has to do

# Whatever it works off after that is done for the event that is asked for last.
if [ "$SYSTEM" ]; then
    mkdir -p /run/udev/rules.d
    echo 'ACTION=="change", SUBSYSTEM=="mem", KERNEL=="null", RUN+="/bin/touch /run/worked"' >/run/udev/rules.d/99-kills.rules
    udevadm control --reload
fi

# works_within SECONDS: udevd works off an event that is made now
works_within() {
    rm -f /run/worked
    echo change >/sys/class/mem/null/uevent
    within "$1" slowly test -e /run/worked
}
slowly() { "$@" || { sleep 0.1; false; }; }

# stands: a run has told udevd to begin no event. Its ledger says so from just before on.
stands() { grep -qs udev-queue /var/lib/bindrace/ledger/*; }
stands_or_over() { stands || ! kill -0 "$victim" 2>/dev/null; }

# be_busy: events of somebody else, a disk that is read, a CPU at work
be_busy() {
    while :; do
        for name in zero full random urandom; do echo change >/sys/class/mem/$name/uevent; done
        dd if=/dev/vda of=/dev/null bs=64k count=64 iflag=direct 2>/dev/null
        head -c 2000000 /dev/urandom | gzip >/dev/null
        sleep 0.2
    done
}
[ ! "$SYSTEM" ] || { be_busy & }

# has_ended: nothing is left of what stood by a run
has_ended() { ! grep -qsa '__surviv[o]r' /proc/[0-9]*/cmdline; }

# without_newcomers FILE: a snapshot without the modules that those of the runs needed, or that udevd loaded for devices of the runs, and without their
# buses. restore says which, and leaves them.
without_newcomers() {
    cat "$1" >/kills/rest
    for module in $(sed -n 's/^modules besides the [0-9]* of before: left alone: \(.*\) came with those of the run.*/\1/p' /kills/restored | tr -d ,); do
        grep -v -e "^module $module\( async.*\)\?$" -e "^/sys/bus/$module/" /kills/rest >/kills/rest2
        mv /kills/rest2 /kills/rest
    done
    cat /kills/rest
}

: >/kills/restored
[ ! "$SYSTEM" ] || works_within 60 || { echo "udevd does nothing from the begin on"; exit 1; }
show_all >/kills/before
cp /kills/before /kills/begin
kills=0 good=0 standing=0 restores_standing=0
while [ $kills -lt "$COUNT" ]; do
    choose
    limit=12000
    [ ! -e "/kills/time-$kind" ] || read -r limit <"/kills/time-$kind"
    random "$limit"
    after=$random
    # Every eighth in its first instants.
    random 8
    [ $random != 0 ] || after=$((after % 400))
    also=''
    begin=$(clock)
    # shellcheck disable=SC2086
    setsid bindrace stress $command --quiet >/kills/out 2>&1 &
    victim=$!
    # Most of them while udevd stands still.
    random 4
    if [ "$SYSTEM" ] && [ $random != 0 ]; then
        within 60 slowly stands_or_over
        random 3000
        after=$random
    fi
    sleep_ms "$after"
    stood=''
    ! stands || stood=yes
    whom=$victim kind_of_kill='alone'
    [ $((kills % 2)) = 0 ] || whom=-$victim kind_of_kill='its group'
    kill -KILL $whom 2>/dev/null || kill -KILL "$victim" 2>/dev/null
    killed=$(clock)
    wait $victim 2>/dev/null
    status=$?
    if [ $status = 137 ]; then
        kills=$((kills + 1)) counted="kill $kills"
        [ -z "$stood" ] || standing=$((standing + 1))
    else
        # It had ended by itself.
        echo $((10 * ($(clock) - begin))) >"/kills/time-$kind"
        [ $((10 * ($(clock) - begin))) -gt $after ] || echo $((after * 9 / 10)) >"/kills/time-$kind"
        counted="no kill"
    fi
    udevd='' works=yes
    if [ "$SYSTEM" ]; then
        if works_within 15; then udevd=", udevd${stood:+, which stood,} at work after $(($(clock) - killed)) cs"; else works=''; fi
    fi
    bindrace restore --list >/kills/list 2>&1
    restored=0
    restore || restored=$?
    cat /kills/restore >>/kills/restored
    within 20 slowly has_ended || restored=survived
    # What it opens it also binds and loads.
    [ ! "$SYSTEM" ] || works_within 180 || works=''
    show_all >/kills/all
    without_newcomers /kills/all >/kills/after
    if [ $restored = 0 ] && [ "$works" ] && cmp -s /kills/before /kills/after; then
        [ $status != 137 ] || good=$((good + 1))
        echo "$counted after $after ms of about $limit$also ($kind_of_kill)$udevd: as before, $(wc -l </kills/restore) steps, $(($(clock) - begin)) cs: $command"
    else
        echo "$counted after $after ms of about $limit$also: NOT AS BEFORE, stress ended $status, restore $restored: $command"
        [ "$works" ] || { echo "-- udevd was not at work within 15 s"; udevadm control --start-exec-queue; }
        diff /kills/before /kills/after | grep '^[-+<>]'
        echo "-- stress:"; tail -n 20 /kills/out
        echo "-- list:"; cut -c1-300 /kills/list
        [ -z "$also" ] || { echo "-- the restore that was killed:"; cut -c1-300 /kills/first; }
        echo "-- restore:"; cut -c1-300 /kills/restore
        sleep 3
        show_all >/kills/all
        without_newcomers /kills/all >/kills/later
        cmp -s /kills/after /kills/later || { echo "-- and 3 s later:"; diff /kills/after /kills/later | grep '^[-+<>]'; }
        cp /kills/later /kills/before
    fi
done
[ ! "$SYSTEM" ] || echo "$standing of them while udevd stood; $restores_standing of the restores were killed while it stood for them"
echo "$(uname -r), seed $SEED: $good of $kills as before"
[ $good = $kills ]
