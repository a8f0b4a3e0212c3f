# shellcheck shell=sh
# Sourced by scripts about the daemon, after steps.sh: its package, its configuration, and what it costs.

install_package() { DEBIAN_FRONTEND=noninteractive apt-get install -y /packages/first.deb; }

# configure LINE...: all that is not as shipped.
configure() {
    mkdir -p /etc/bindrace/bindrace.conf.d
    printf '%s\n' "$@" >/etc/bindrace/bindrace.conf.d/test.conf
}

group=/sys/fs/cgroup/system.slice/bindrace.service
main() { systemctl show -P MainPID bindrace; }
seqnum() { cat /sys/kernel/uevent_seqnum; }
is_active() { [ "$(systemctl is-active bindrace)" = active ]; }
# is_alone: true where the daemon has no child.
is_alone() { [ "$(cat $group/cgroup.procs)" = "$(main)" ]; }
# entries MESSAGE_ID [OPTION...]: the texts of one kind.
entries() {
    id=$1
    shift
    journalctl --quiet --no-pager --output cat --identifier bindrace "MESSAGE_ID=$id" "$@"
}

# cost: what the unit has used and holds, a number with its name a line. Memory in KiB, over all of its processes.
cost() {
    echo "centiseconds $(clock)"
    echo "seqnum $(seqnum)"
    sed -n 's/^usage_usec/microseconds/p' $group/cpu.stat
    # Of the daemon itself: its user and system time, in hundredths of a second.
    awk '{ sub(/.*\) /, ""); print "main", $12 + $13 }' "/proc/$(main)/stat"
    while read -r pid; do grep -h ^Vm "/proc/$pid/status" && grep -h ^voluntary "/proc/$pid"/task/*/status; done <$group/cgroup.procs 2>/dev/null |
        awk '
            /^(VmRSS|VmHWM|VmLck):/ { sub(":", "", $1); sum[$1] += $2 }
            /^voluntary/ { switches += $2 }
            END {
                for (name in sum) print name, sum[name]
                print "switches", switches
            }'
}
