#!/bin/sh
# The whole catalog on devices that bindrace makes itself, and the controls; then a finding once more.
# shellcheck source-path=SCRIPTDIR source=steps.sh
. /tests/steps.sh

# On 7.3 it stays for all that follow, as an unload of scsi_debug leaves a workqueue of it behind.
load_needs

snapshot before
step all race all --cycles "$CATALOG"
# Hit in six of ten cycles (docs/kernels.md): so few can be missed by chance.
step half race double-pending --cycles $((2 * CATALOG))
step controls race controls --cycles "$CATALOG"
snapshot after
