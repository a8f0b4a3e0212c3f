#!/bin/sh
# Every race once, on expendable devices, and one of them with weaker evidence.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

step hotplug-async race hotplug-async --widen cpu --cycles "$CYCLES"
step refused-unbind race refused-unbind --widen cpu --cycles "$CYCLES"
step driver-load-async race driver-load-async --widen cpu --cycles 10 platform/pcspkr
step hotplug-by-uevents race hotplug-async --widen cpu --cycles 5 --evidence uevent
