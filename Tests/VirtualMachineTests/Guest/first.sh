#!/bin/sh
# One race, one pass and one control on devices that bindrace makes itself, and one on a device of the host: what every kernel has to show.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

# It stays: on 7.3 a SCSI host that comes after scsi_mod has gone is not probed any more.
modprobe sd_mod
load_needs
modprobe pcspkr
snapshot before
# What A6 does to the bus must not take the next pattern its evidence.
step caught race hotplug-async --pattern autoprobe-off --pattern unbind-rebind --widen cpu --cycles 5
step passed race unbind-rebind --pattern helper-finds-bound --widen cpu --cycles 5
step host race unbind-rebind --cycles 5 platform/pcspkr
snapshot after
