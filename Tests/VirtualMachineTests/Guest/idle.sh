#!/bin/sh
# What the daemon costs for $IDLE seconds in which nothing happens, after something has: as shipped, and with races to make of nothing that is here.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh
# shellcheck source-path=SCRIPTDIR source=service-steps.sh
. /tests/service-steps.sh

# idle NAME: it has told what it began with before it is looked at.
idle() {
    step "$1-start" systemctl start bindrace
    # It has seen devices come and go: what it does after that has an end.
    modprobe scsi_debug
    udevadm settle
    rmmod scsi_debug
    journalctl --sync
    udevadm settle
    sleep 10
    step "$1-before" cost
    sleep "$IDLE"
    step "$1-after" cost
    step "$1-status" systemctl show -P StatusText bindrace
    step "$1-stop" systemctl stop bindrace
}

step install install_package
idle watch
configure '[Daemon]' Mode=race 'Match=scsi/none* driver:scsi/none' '[Race]' Interval=1h
idle race
