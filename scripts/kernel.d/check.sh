#!/bin/sh
# Runs in the guest, at the end of scripts/kernel: does this kernel outlive being probed more than once? In rounds it does what runs of bindrace in one
# boot do: the same functions are probed in a group and an instance of their own, they are called as devices come and go, and the probes are let go.
# Kernels that do not outlive it die in the second round, at an address of 0, in a function whose probe has no handler.
cd /sys/kernel/tracing || exit
probes='driver_bound really_probe device_release_driver_internal device_links_busy device_unbind_cleanup async_schedule_node async_schedule_dev_nocall
__device_attach_async_helper __driver_attach_async_helper driver_deferred_probe_add driver_deferred_probe_trigger deferred_probe_work_func
driver_deferred_probe_del bind_store unbind_store drivers_probe_store driver_set_override __device_set_driver_override drivers_autoprobe_store device_add
device_del bus_add_driver bus_remove_driver'
modprobe -a -q virtio_rng pcspkr

# move BUS: each device of it that has a driver loses it and gets it back; not those that this guest's output goes through
move() {
    for link in /sys/bus/"$1"/drivers/*/*/driver; do
        driver=$(readlink -f "$link" 2>/dev/null) || continue
        device=${link%/driver} device=${device##*/}
        case ${driver##*/} in virtio_rng | pcspkr) ;; *) continue ;; esac
        echo "$device" >"$driver/unbind"
        echo "$device" >"$driver/bind"
        moved=$((moved + 1))
    done
}

# Once: to read it takes many seconds where the kernel checks itself.
sed 's/^[^ ]* . \([^\t]*\).*/\1/' /proc/kallsyms | sort -u >/tmp/functions
round=1 moved=0
while [ $round -le 3 ]; do
    group=check_$round count=0
    for name in $probes; do
        grep -qx "$name" /tmp/functions || continue
        echo "p:$group/$name $name arg=\$arg1:x64 comm=\$comm" >>kprobe_events || continue
        echo "r4096:$group/${name}_return $name ret=\$retval:s64 comm=\$comm" >>kprobe_events || continue
        count=$((count + 2))
    done 2>/dev/null
    mkdir instances/$group
    echo mono >instances/$group/trace_clock
    echo stacktrace >instances/$group/events/$group/driver_bound/trigger
    echo 1 >instances/$group/events/$group/enable
    move virtio
    move platform
    if modprobe -q scsi_debug 2>/dev/null; then sleep 0.3; modprobe -q -r scsi_debug; fi
    records=$(grep -c comm= instances/$group/trace)
    echo 0 >instances/$group/events/$group/enable
    rmdir instances/$group
    sed -n "s|^[pr][0-9]*:\($group/[^ ]*\) .*|-:\1|p" kprobe_events >/tmp/remove
    while read -r line; do echo "$line" >>kprobe_events; done </tmp/remove
    # Between two runs: what is called then must find nothing of the first.
    move virtio
    echo "round $round: $count probes, $records records, $moved binds"
    round=$((round + 1))
done
[ "$moved" -gt 0 ] || { echo "there was no device to move"; exit 1; }
