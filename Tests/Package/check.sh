#!/bin/bash
# Looks whether the package is made of what it should be: its files, its documents, its units. The package itself is tried out in a guest
# (Tests/VirtualMachineTests/Guest/package.sh). Takes the program that BINDRACE_BINARY names.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/../.."
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
export LC_ALL=C.UTF-8

failures=0
# check WHAT COMMAND...: COMMAND succeeds and says nothing.
check() {
    local what=$1 said status=0
    shift
    said=$("$@" 2>&1) || status=$?
    if [[ $status == 0 && -z $said ]]; then
        echo "ok: $what"
    else
        echo "FAILED: $what (status $status)"
        ((failures += 1))
        printf '    %s\n' "${said//$'\n'/$'\n    '}"
    fi
}

package=$(scripts/package --output "$temporary" 2>"$temporary/errors" | tail -n 1) || { cat "$temporary/errors"; exit 1; }
root=$temporary/root
dpkg-deb -R "$package" "$root"
program=$root/usr/bin/bindrace
system=$root/usr/lib/systemd/system

# ---- The package

contents() { diff Tests/Package/contents <(cd "$root" && find . -path ./DEBIAN -prune -o ! -type d -printf '/%P\n' | sort); }
check "it holds what is listed, and nothing else" contents
check "the folder for drop-ins that the manual names is there" test -d "$root/etc/bindrace/bindrace.conf.d"

again() {
    local first
    first=$(sha256sum <"$package")
    scripts/package --output "$temporary" >"$temporary/errors" 2>&1 || { cat "$temporary/errors"; return 1; }
    [[ $first == "$(sha256sum <"$package")" ]] || echo "it differs"
}
check "made again, it is the same to the byte" again

check "lintian finds no error and no warning" lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$package"

dependencies() {
    local library owner
    for library in $(objdump -p "$program" | sed -n 's/.*NEEDED *//p' | grep -v ^ld-linux); do
        owner=$(dpkg -S "*/$library" | sed 's/:.*//' | sort -u | head -n 1)
        dpkg-deb -f "$package" Depends | tr ',' '\n' | awk '{ print $1 }' | grep -qxF "$owner" || echo "$library of $owner is not"
    done
}
check "each library that the program needs is depended on" dependencies

conffiles() { diff "$root/DEBIAN/conffiles" <(cd "$root" && find etc -type f -printf '/%p\n' | sort); }
check "all that is in /etc is a conffile" conffiles
check "its scripts are those of a plain sh" shellcheck scripts/package.d/{postinst,prerm,postrm}
check "bash reads its completions" bash -n "$root/usr/share/bash-completion/completions/bindrace"

# ---- The units

# The program is not installed here, nor its manual.
cp -a "$system" "$temporary/units"
sed -i "s,/usr/bin/bindrace,$program," "$temporary"/units/*.service
check "systemd has nothing to say about the units" systemd-analyze verify --man=no "$temporary"/units/bindrace{.service,-stress@.service,-stress@.timer}

exposed() {
    local said
    said=$(systemd-analyze security --no-pager --offline=true --threshold=45 "$1") || { tail -n 1 <<<"$said"; false; }
}
check "bindrace.service is exposed by 4.5 at most" exposed "$temporary/units/bindrace.service"
check "bindrace-stress@.service is too" exposed "$temporary/units/bindrace-stress@.service"

catalog() {
    mkdir -p "$root/var/lib/systemd/catalog"
    journalctl --root="$root" --update-catalog
    diff <(explained_kinds) <(journalctl --root="$root" --list-catalog | cut -d ' ' -f 1 | sort)
}
explained_kinds() { sed -n 's/^-- //p' systemd/bindrace.catalog | sort; }
check "systemd takes up the catalog" catalog

# ---- The manual

page() { zcat "$root/usr/share/man/$1.gz"; }
is_there() { [[ -f $root/usr/share/man/$1.gz ]] || echo "there is no $1"; }

warnings() {
    local file
    for file in "$root"/usr/share/man/man*/*; do
        zcat "$file" | mandoc -T lint -W warning | sed "s,^,$(basename "$file"): ,"
    done
}
check "mandoc has no warning for the manual" warnings

commands() {
    local name
    for name in $("$program" --experimental-dump-help | jq -r '.command.subcommands[] | select(.shouldDisplay and .commandName != "help") | .commandName'); do
        is_there "man1/bindrace-$name.1"
    done
}
check "each command has a page" commands

# What others install is not looked for.
references() {
    local name
    {
        zcat "$root"/usr/share/man/man*/* | sed -nE 's/^\.(It )?Xr (bindrace[^ ]*) ([0-9]).*/man\3\/\2.\3/p'
        cat "$system"/*.{service,timer} systemd/bindrace.catalog | grep -oE 'man:bindrace[^ ]+' | sed -E 's/man:(.*)\((.)\)/man\2\/\1.\2/'
    } | sort -u | while read -r name; do is_there "$name"; done
}
check "the manual, units and catalog refer to pages that there are" references

# KEY=DEFAULT, and what the source says of the journal.
keys() { sed -nE 's/^#?([A-Z][A-Za-z]+=.*)/\1/p' systemd/bindrace.conf | sort; }
documented_keys() { page man5/bindrace.conf.5 | awk '/^\.It Cm [A-Za-z]+=$/ { key = $3 } /^Default:/ { sub(/^Default: ?/, ""); print key $0 }' | sort; }
source_of() { sed -nE 's/^ *case [A-Za-z]+ = "([^"]+)".*/\1/p' "Sources/Journal/$1.swift" | sort; }
documented_fields() { page man7/bindrace-journal-fields.7 | sed -n 's/^\.It Va //p' | sed 's/ , /\n/g' | sort; }
documented_kinds() { page man7/bindrace-journal-fields.7 | sed -nE 's/^\.It Cm ([0-9a-f]{32})$/\1/p' | sort; }
explained_fields() { grep -oE '@[A-Z_]+@' systemd/bindrace.catalog | tr -d @ | sort -u; }
same() { diff <("${1%% *}" "${1#* }") <("$2"); }
unknown_fields() { comm -13 <(source_of JournalField) <(explained_fields); }
check "bindrace.conf(5) has each key with its default" same keys documented_keys
check "bindrace-journal-fields(7) has each field" same "source_of JournalField" documented_fields
check "and each kind of entry" same "source_of JournalMessage" documented_kinds
check "the catalog explains each kind of entry" same "source_of JournalMessage" explained_kinds
check "by fields that there are" unknown_fields

((failures == 0)) || { echo "$failures failed"; exit 1; }
