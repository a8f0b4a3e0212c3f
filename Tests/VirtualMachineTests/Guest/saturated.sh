#!/bin/sh
# More slow disks than the kernel probes at once.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

step driver-load-async race driver-load-async --widen saturate --cycles "$SATURATED"
