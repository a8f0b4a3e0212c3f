# shellcheck shell=bash disable=SC2154,SC2034
# Sourced by scripts/vm: which stock kernels there are, and where they, their headers and their compilers come from.
# It sets and reads variables of scripts/vm: cache, here, why.

# SERIES RELEASE: Debian's series, oldest first, and the release that has it. A new one is a line here. Each is also served as -rt and as -cloud.
kernel_table='
5.10 bullseye
6.1  bookworm
6.12 bookworm
7.3  trixie
'
# RELEASE GCC SUITE...: what is served of that release, and the major version of the compiler that its kernels are built with.
release_table='
bullseye 10 bullseye bullseye-security
bookworm 12 bookworm bookworm-updates bookworm-security bookworm-backports
trixie   14 trixie trixie-updates trixie-security trixie-backports
'
# The one whose programs run here.
own_release=bookworm

# row TABLE WORD [COLUMN]: the rest of the line where that column (the first) is WORD
row() { awk -v word="$2" -v column="${3:-1}" '$column == word { print; exit }' <<<"$1"; }

# series_names: for a sentence
series_names() { awk 'NF { printf "%s%s", separator, $1; separator = ", " }' <<<"$kernel_table"; }

# stock_name NAME: sets $stock to the SERIES[-rt|-cloud] that it means; fails where it means none
stock_name() {
    local series=${1%%-*} newest
    newest=$(awk 'NF { name = $1 } END { print name }' <<<"$kernel_table")
    [[ $1 =~ ^[a-z0-9.]+(-rt|-cloud)?$ ]] || return 1
    [[ $series != newest ]] || series=$newest
    [[ -n $(row "$kernel_table" "$series") ]] || return 1
    stock=$series${BASH_REMATCH[1]}
}

# ---- an apt of its own for each release: the machine's own lists and settings stay as they are, and nobody needs to be root

# of_release RELEASE COMMAND...: a command of apt that knows that release alone
of_release() { APT_CONFIG=$cache/apt/$1/apt.conf "${@:2}"; }

# configure_apt FOLDER SUITE...: from the mirror that this machine's sources name, whether or not it has read them
configure_apt() {
    local folder=$1 sources suites main security suite mirror
    mkdir -p "$folder"/{lists,archives}/partial && : >"$folder/status" || return 1
    # That apt would read first, in its own words: 'http://mirror/debian/dists/bookworm/InRelease' ...
    sources=$(apt-get update --print-uris -o Dir::State::Lists="$folder/lists" 2>/dev/null | sed -n "s|^'\([^']*\)/dists/\([^']*\)/InRelease' .*|\1 \2|p")
    suites='(bullseye|bookworm|trixie|forky|(old)*stable|testing|sid|unstable)'
    main=$(grep -E " $suites\$" <<<"$sources" | head -n 1 | cut -d ' ' -f 1)
    security=$(grep -E " $suites(-security|/updates)\$" <<<"$sources" | head -n 1 | cut -d ' ' -f 1)
    [[ $main ]] || { why="the apt sources of this machine name no mirror of Debian"; return 1; }
    for suite in "${@:2}"; do
        [[ $suite == *-security ]] && mirror=${security:-${main%/}-security} || mirror=$main
        echo "deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$folder/sources.list"
    # How this machine reaches it (a proxy) holds here too, and nothing else: no preferences, no hooks.
    {
        apt-config dump | grep '^Acquire::' | grep -v '^Acquire::\(IndexTargets\|Languages\)'
        cat <<END
Acquire::Languages "none";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Dir::Cache "$folder";
Dir::Cache::srcpkgcache "";
Dir::Cache::pkgcache "names.bin";
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::Etc::SourceList "$folder/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$folder/lists";
Dir::State::status "$folder/status";
END
    } >"$folder/apt.conf"
}

# have_read RELEASE MINUTES: its lists were read within so many
have_read() { [[ -n $(find "$cache/apt/$1/read" -mmin "-$2" 2>/dev/null) ]]; }

# read_lists RELEASE [MINUTES]: makes sure that there are lists of that release, which were read within so many minutes (a day) if that is possible
read_lists() {
    local folder=$cache/apt/$1 suites
    read -r _ _ suites < <(row "$release_table" "$1") || { why="scripts/vm knows no Debian $1"; return 1; }
    have_read "$1" "${2:-1440}" && return
    mkdir -p "$folder" || return 1
    {
        flock 8
        have_read "$1" "${2:-1440}" && return
        # shellcheck disable=SC2086
        configure_apt "$folder" $suites || return 1
        if of_release "$1" apt-get update >"$folder/log" 2>&1; then
            touch "$folder/read"
        elif compgen -G "$folder/lists/*_Packages*" >/dev/null; then
            say "cannot read all lists of Debian's $1 now: using what is there"
            touch -d '-23 hours' "$folder/read" # and again in an hour
        else
            cat "$folder/log" >&2
            why="cannot read the lists of Debian's $1"
            return 1
        fi
    } 8>"$folder/lock"
}

# with_lists RELEASE COMMAND [ARG]...: what fails with lists that may be old is done again with new ones
with_lists() { read_lists "$1" && { "${@:2}" || { ! have_read "$1" 10 && read_lists "$1" 10 && "${@:2}"; }; }; }

# served RELEASE NAME...: VERSION NAME of what is served under these names, the newest last
served() {
    of_release "$1" apt-cache madison "${@:2}" 2>/dev/null | tr -d ' ' | awk -F '|' '{ print $2, $1 }' | sort -V
}

# needed RELEASE PACKAGE=VERSION PATTERN: NAME=VERSION of each package that it depends on and whose name begins with PATTERN: the newest that will do
needed() {
    local name relation wanted version found
    while read -r name relation wanted; do
        found=''
        while read -r version _; do
            [[ -z $relation ]] || dpkg --compare-versions "$version" "$relation" "$wanted" && found=$version
        done < <(served "$1" "$name")
        [[ $found ]] || { why="$2 needs $name $relation $wanted, which is not served"; return 1; }
        echo "$name=$found"
    done < <(of_release "$1" apt-cache show "$2" 2>/dev/null | sed -n 's/^Depends: //p' | head -n 1 | tr , '\n' |
        sed -nE "/^ *$3/s/^ *([^ ]+)( \(([<>=]+) ([^)]*)\))?.*/\1 \3 \4/p")
}

# extract DEB FOLDER [OPTION]...: the files of a Debian package. Through a file, as tar by a pipe from dpkg-deb takes longer.
extract() { dpkg-deb --fsys-tarfile "$1" >"$1.tar" && tar -x "${@:3}" -C "$2" -f "$1.tar" && rm "$1.tar"; }

# unpack RELEASE FOLDER PACKAGE[=VERSION]...: the files of Debian packages, without installing them
unpack() {
    local deb
    rm -rf "$2" "$2.deb" && mkdir "$2" "$2.deb" && (cd "$2.deb" && quiet of_release "$1" apt-get download "${@:3}") || return 1
    for deb in "$2.deb"/*.deb; do
        extract "$deb" "$2" || return 1
    done
    rm -r "$2.deb"
}

# ---- kernels

# find_kernels RELEASE STOCK: NAME=VERSION of each package of that series and kind, the newest first
find_kernels() {
    local series=${2%%-*} kind='' names
    [[ $2 != *-* ]] || kind=-${2#*-}
    # shellcheck disable=SC2207
    names=($(of_release "$1" apt-cache pkgnames "linux-image-$series." 2>/dev/null | grep -E "^linux-image-[^-]*(-[0-9]+)?$kind-amd64\$"))
    ((${#names[@]})) && served "$1" "${names[@]}" | awk '{ print $2 "=" $1 }' | tac
}

# fetch_kernel RELEASE STOCK: sets $key to NAME_VERSION of the newest package, and makes $cache/kernels/$key, in the shape that --kernel DIR has
fetch_kernel() {
    local new=$cache/kernels/new.$$.$2 images image packages
    mapfile -t images < <(find_kernels "$1" "$2")
    ((${#images[@]})) || why="Debian's $1 lists none"
    # A mirror can list more than it has. But first it is asked for its newest lists.
    for image in "${images[@]:0:6}"; do
        key=${image/=/_}
        [[ ! -d $cache/kernels/$key ]] || return 0
        say "fetching $key"
        # Since 7.1 that package is empty, and others have the parts.
        # shellcheck disable=SC2086
        packages=$(needed "$1" "$image" 'linux-(binary|modules|base)-[0-9]') && unpack "$1" "$new" "$image" $packages 2>"$temporary/refused" &&
            shape_kernel "$new" && mv -T "$new" "$cache/kernels/$key" && return
        rm -rf "$new" "$new.deb"
        have_read "$1" 10 || return 1
    done
    cat "$temporary/refused" >&2 2>/dev/null
    return 1
}

# shape_kernel FOLDER: vmlinuz and lib/modules, wherever the packages have them
shape_kernel() {
    [[ -d $1/lib/modules ]] || { mkdir -p "$1/lib" && mv "$1/usr/lib/modules" "$1/lib"; } || return 1
    mv "$(find "$1" -maxdepth 4 -path '*/lib/modules/*/vmlinuz' -o -path '*/boot/vmlinuz-*' | head -n 1)" "$1/vmlinuz"
}

# stock_kernel STOCK: sets $kernel to the folder and $key to its name in the cache
stock_kernel() {
    local known=$cache/kernels/$1.current release
    read -r _ release < <(row "$kernel_table" "${1%%-*}")
    key=$(cat "$known" 2>/dev/null || true)
    # Asking apt takes a second or two, so once a day is enough.
    if [[ -z $key || ! -d $cache/kernels/$key || -z $(find "$known" -mtime -1) ]]; then
        why=''
        if with_lists "$release" fetch_kernel "$release" "$1"; then
            echo "$key" >"$known"
        elif key=$(cat "$known" 2>/dev/null) && [[ -d $cache/kernels/$key ]]; then
            say "cannot look up Debian's $1 now: using $key from the cache"
        else
            fail "cannot fetch Debian's $1${why:+: $why}"
        fi
    fi
    kernel=$cache/kernels/$key
}

# fetch_headers RELEASE: makes $cache/headers/$key, the headers of that kernel and what they need to build a module
fetch_headers() {
    local image=${key%%_*} new=$cache/headers/new.$$.$key headers packages makefile
    headers=linux-headers-${image#linux-image-}
    say "fetching ${headers}_${key#*_}"
    packages="$headers=${key#*_} $(needed "$1" "$headers=${key#*_}" 'linux-(headers|kbuild)-')" || return 1
    # For the objtool of those that are used here. The others find it beside their compiler.
    [[ $1 != "$own_release" ]] || packages+=" libelf1"
    # shellcheck disable=SC2086
    unpack "$1" "$new" $packages || return 1
    # What is in the packages refers to each other by relative links; only this names the place where they would be installed.
    makefile=$new/usr/src/$headers/Makefile
    # shellcheck disable=SC2016
    sed -i 's|/usr/src/|$(dir $(lastword $(MAKEFILE_LIST)))../|' "$makefile" && mv -T "$new" "$cache/headers/$key"
}

# modules_of DIR: prints the one lib/modules/VERSION in it; fails where there is none or more than one
modules_of() {
    local folder versions
    for folder in "$1"/lib/modules "$1"/usr/lib/modules; do
        versions=("$folder"/*/)
        [[ -d ${versions[0]} ]] || continue
        ((${#versions[@]} == 1)) && echo "${versions[0]%/}"
        return
    done
    return 1
}

# ---- compilers

# in_tools FOLDER COMMAND [ARG]...: with the /usr of that folder in place of this machine's, which nothing else on the machine sees
in_tools() {
    local apart=(unshare --mount)
    ((EUID == 0)) || apart+=(--map-root-user)
    # shellcheck disable=SC2016
    "${apart[@]}" sh -ec 'mount --bind /usr/src "$0/usr/src" && mount --rbind "$0/usr" /usr && exec env PATH=/usr/bin:/usr/sbin "$@"' "$@"
}

# fetch_tools RELEASE FOLDER PACKAGE...: a /usr with these packages and all that they need, of which no script has run. FOLDER is NAME-SUM; what else is called NAME goes
fetch_tools() {
    local new=$cache/tools/new.$$.$1 deb folder
    rm -rf "$new" "$new.deb" && mkdir -p "$new.deb/partial" "$new"/usr/{bin,sbin,src,lib,lib64} || return 1
    for folder in bin sbin lib lib64; do
        ln -s "usr/$folder" "$new/$folder"
    done
    say "fetching the compiler of Debian's $1"
    quiet of_release "$1" apt-get -o Dir::Cache::archives="$new.deb" install --download-only -y --no-install-recommends "${@:3}" || return 1
    for deb in "$new.deb"/*.deb; do
        # Before Debian 13 some have files in /bin and /lib.
        extract "$deb" "$new" --keep-directory-symlink --no-same-owner || return 1
    done
    ln -sf gawk "$new/usr/bin/awk" # which else leads through /etc/alternatives
    rm -r "$new.deb" "${new:?}"/usr/share/{doc,info,locale,man} && rm -rf "${2%-*}-"* && mv -T "$new" "$2"
}

# compiler TREE: sets $make to the make that builds a module with the compiler that built TREE, and $variables to its arguments; or says $why not
compiler() {
    local settings=$1/include/config/auto.conf text gcc clang name version release folder packages
    make=(make) variables=()
    setting() { sed -n "s/^$1=\"\?\([^\"]*\)\"\?\$/\1/p" "$settings" 2>/dev/null; }
    text=$(setting CONFIG_CC_VERSION_TEXT)
    if clang=$(setting CONFIG_CLANG_VERSION) && ((clang)); then
        clang=$((clang / 10000))
        if command -v "clang-$clang" "ld.lld-$clang" >/dev/null; then
            variables=("LLVM=-$clang")
        elif command -v clang ld.lld >/dev/null && [[ $(clang -dumpversion) == "$clang".* ]]; then
            variables=("LLVM=1")
        else
            why="it was built by clang $clang, which is not here"
            return 1
        fi
        have make:make
        return
    fi
    gcc=$(setting CONFIG_GCC_VERSION)
    gcc=$((${gcc:-0} / 10000))
    release=$(row "$release_table" "$gcc" 2 | cut -d ' ' -f 1)
    if [[ -z $release || $release == "$own_release" ]]; then
        for name in "${text%% *}" gcc "gcc-$gcc"; do
            version=$(command -v "$name" >/dev/null && "$name" -dumpversion)
            [[ ${version%%.*} != "$gcc" ]] || break
            version=''
        done
        variables=("CC=$name")
        if [[ $version || $release ]]; then
            have make:make "$name:$name"
            return
        fi
        why="it was built by gcc $gcc, which is not here"
        return 1
    fi
    # What these trees bring (objtool, modpost) needs the libraries of that release too, and libelf-dev names them under any of its names.
    packages=("gcc-$gcc" make libelf-dev bash dash coreutils sed grep gawk findutils diffutils)
    folder=$cache/tools/$release-$({ echo "${packages[*]}" && functions fetch_tools; } | sha256sum | cut -c -8)
    [[ -d $folder ]] || with_lists "$release" fetch_tools "$release" "$folder" "${packages[@]}" || { why="cannot fetch gcc $gcc"; return 1; }
    make=(in_tools "$folder" make)
    name=${text%% *}
    [[ -e $folder/usr/bin/$name ]] || name=gcc-$gcc
    variables=("CC=$name")
}
