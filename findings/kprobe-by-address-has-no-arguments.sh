#!/bin/bash
# A kprobe that is put at the first byte of a function by a bare address is refused where it fetches $argN. By the name of the same function, and by
# another symbol and the distance from it, the kernel takes it. kprobetrace.rst says of $argN: only on the function entry (offs == 0).
#
# trace_kprobe_create() asks kprobe_on_func_entry() for symbol and offset alone, so it takes no address for the begin of a function. Who probes one of two
# functions of the same name, and therefore by address, meets it.
#
# Seen on Debian 12's linux-image-6.1.0-56-amd64 6.1.192-2, in QEMU:
#
#   by name: taken
#   by address, without arguments: taken
#   by address, with $arg1: refused, Invalid argument
#   by _stext and an offset, with $arg1: taken
#
# Takes a Debian 12 (amd64) with qemu-system-x86, cpio and apt's lists. Changes nothing of it: packages are unpacked in a temporary folder. A minute.
set -euo pipefail
packages=(linux-image-6.1.0-56-amd64=6.1.192-2 busybox-static=1:1.35.0-4+deb12u1+b1)
# shellcheck disable=SC2016
expected='by name: taken
by address, without arguments: taken
by address, with $arg1: refused, Invalid argument
by _stext and an offset, with $arg1: taken'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir root download
(cd download && apt-get -o APT::Sandbox::User=root download "${packages[@]}" >/dev/null) || { echo "these packages are not to be had: ${packages[*]}" >&2; exit 2; }
for package in download/*.deb; do dpkg-deb -x "$package" unpacked; done
mkdir -p root/{bin,dev,proc,sys}
cp unpacked/bin/busybox root/bin/
cat >root/init <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
mount -t sysfs sysfs /sys
mount -t tracefs tracefs /sys/kernel/tracing
cd /sys/kernel/tracing
address() { sed -n "s/^\([0-9a-f]*\) [Tt] $1$/\1/p" /proc/kallsyms; }
try() {
    if said=$(echo "p:finding/probe $2" 2>&1 >kprobe_events); then echo "$1: taken"; else echo "$1: refused, ${said##*: }"; fi
    echo >kprobe_events
}
function=0x$(address device_add)
offset=$(printf '0x%x' $((function - 0x$(address _stext))))
{
    try 'by name' 'device_add dev=$arg1'
    try 'by address, without arguments' "$function"
    try 'by address, with $arg1' "$function dev=\$arg1"
    try 'by _stext and an offset, with $arg1' "_stext+$offset dev=\$arg1"
} >/answers 2>&1
sed 's/^/answer: /' /answers >/dev/ttyS0
poweroff -f
END
chmod +x root/init
(cd root && find . | cpio -o -H newc --quiet) >initrd
timeout 300 qemu-system-x86_64 -accel tcg -cpu max -m 512 -nodefaults -display none -no-reboot -serial file:console -kernel unpacked/boot/vmlinuz-6.1.0-56-amd64 \
    -initrd initrd -append 'console=ttyS0 loglevel=4 panic=-1' </dev/null
found=$(tr -d '\r' <console | sed -n 's/^answer: //p')
echo "$found"
[[ $found == "$expected" ]] || { tail -n 5 console; echo "that is not what was seen before:"; echo "$expected"; } >&2
[[ $found == "$expected" ]]
