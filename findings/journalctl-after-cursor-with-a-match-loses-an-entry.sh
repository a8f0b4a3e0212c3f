#!/bin/bash
# journalctl --after-cursor=CURSOR FIELD=VALUE leaves out an entry that matches: the first one behind the cursor, wherever the cursor's own entry does not
# match. journalctl(1) says: start showing entries from the location in the journal after the location specified by the passed cursor. Without a match, and
# where the entry of the cursor matches as well, nothing is left out.
#
# Who keeps the cursor of the newest entry, of whatever field, and asks later what came of his own fields, never sees the first answer; where there is one
# answer, none. A program can take --after-cursor alone, and look for the field itself.
#
# Seen with Debian 12's systemd 252.39-1~deb12u2. The journal has four entries, a (X=1), b (X=2), c (X=1) and d (X=1):
#
#   after a: b c d
#   after b: c d
#   after a, X=1: c d
#   after a, X=2:
#   after b, X=1: d
#
# By the manual the last two are "b" and "c d". systemd mended it in December 2023 (its pull request 30336); what Debian 12 serves has it still.
#
# Takes a Debian 12 (amd64) with systemd and apt's lists. Changes nothing of it: packages are unpacked in a temporary folder. A few seconds.
set -euo pipefail
packages=(systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 systemd-journal-remote=252.39-1~deb12u2 libmicrohttpd12=0.9.75-6)
expected='after a: b c d
after b: c d
after a, X=1: c d
after a, X=2:
after b, X=1: d'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir download
(cd download && apt-get -o APT::Sandbox::User=root download "${packages[@]}" >/dev/null) || { echo "these packages are not to be had: ${packages[*]}" >&2; exit 2; }
for package in download/*.deb; do dpkg-deb -x "$package" unpacked; done
library=$folder/unpacked/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$folder/unpacked/lib/x86_64-linux-gnu/systemd:$library/systemd:$library

number=0
for entry in a:1 b:2 c:1 d:1; do
    number=$((number + 1))
    printf '%s\n' "__REALTIME_TIMESTAMP=170000000${number}000000" "__MONOTONIC_TIMESTAMP=${number}000000" "_BOOT_ID=$(printf '1%.0s' {1..32})" \
        "MESSAGE=${entry%:*}" "X=${entry#*:}" ''
done >entries
unpacked/lib/systemd/systemd-journal-remote --output=test.journal entries 2>/dev/null

journal() { unpacked/bin/journalctl --file=test.journal --quiet --no-pager "$@"; }
# after MESSAGE [MATCH]: what comes behind that entry
after() {
    cursor=$(journal --output=export "MESSAGE=$1" | sed -n 's/^__CURSOR=//p')
    echo "after $1${2:+, $2}:$(journal --output=cat --after-cursor="$cursor" "${@:2}" | sed 's/^/ /' | tr -d '\n')"
}
found=$(after a && after b && after a X=1 && after a X=2 && after b X=1)
unpacked/bin/journalctl --version | head -n 1
echo "$found"
[[ $found == "$expected" ]] || { echo "that is not what was seen before:"; echo "$expected"; } >&2
[[ $found == "$expected" ]]
