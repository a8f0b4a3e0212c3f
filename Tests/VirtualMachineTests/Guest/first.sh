#!/bin/sh
# One race, one pass and one control on devices that bindrace makes itself: what every kernel has to show.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

# It stays: on 7.3 a SCSI host that comes after scsi_mod has gone is not probed any more.
modprobe sd_mod
snapshot before
step caught race hotplug-async --widen cpu --cycles 5
step passed race unbind-rebind --cycles 10
step control race helper-finds-bound --widen cpu --cycles 5
# What A6 does to the bus must not take the next pattern its evidence.
step setting race autoprobe-off --pattern unbind-rebind --cycles 3
snapshot after
