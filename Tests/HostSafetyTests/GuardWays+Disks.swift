import DriverModel
import Evidence
import Glibc
import TemporaryFolder

@testable import HostSafety

/// The one with the partition sda1.
private let disk: @Sendable (MockUse) -> Void = { $0.addDisk("sda") }
/// A host's own file systems, with one in another namespace.
private let sda = "/devices/pci0/sda0"

extension GuardWay {
  static let disks: [GuardWay] = [
    GuardWay(
      id: "mount", group: .disks, what: "a disk with a mounted file system",
      knownBy: "`/proc/1/mountinfo`", reason: "holds /var (sda1 mounted)", device: sda,
      guest: "guard", idle: disk, use: { $0.mount("8:1", on: "/var", from: "/dev/sda1") }),
    GuardWay(
      id: "mount-elsewhere", group: .disks, what: "the same in another mount namespace",
      knownBy: "`mountinfo` of a process of each namespace and root",
      reason: "holds /in (sda1 mounted in the mount namespace of process 200)", device: sda,
      guest: "guard", idle: disk,
      use: {
        $0.addProcess(200, "inside")
        $0.tree.link("proc/200/ns/mnt", to: "mnt:[2]")
        $0.tree.file("proc/200/mountinfo", "9 1 8:1 / /in rw - ext4 /dev/sda1 rw\n")
      }),
    GuardWay(
      id: "mount-anonymous", group: .disks,
      what: "a disk of a file system with a number of its own (btrfs)",
      knownBy: "the source in `mountinfo`; not of types that anybody mounts in a user namespace",
      reason: "holds /data (sda1 mounted)", device: sda, idle: disk,
      use: { $0.mount("0:40", on: "/data", "btrfs", from: "/dev/sda1") }),
    GuardWay(
      id: "lazily-unmounted", group: .disks,
      what: "a disk whose file system is unmounted lazily and still open",
      knownBy: "`fs/ext4`, `fs/xfs`, `fs/f2fs`, `fs/erofs`",
      reason: "holds a mounted ext4 (sda1)", device: sda, guest: "guard-ties", idle: disk,
      use: { $0.tree.make("sys/fs/ext4/sda1") }),
    GuardWay(
      id: "btrfs", group: .disks, what: "a further disk of a mounted btrfs",
      knownBy: "`fs/btrfs/*/devices`", reason: "holds a mounted btrfs (sda1)", device: sda,
      idle: disk, use: { $0.tree.link("sys/fs/btrfs/UUID/devices/sda1", to: "../x") }),
    GuardWay(
      id: "bcachefs", group: .disks, what: "a disk of a mounted bcachefs",
      knownBy: "`fs/bcachefs/*/dev-*`", reason: "holds a mounted bcachefs (sda1)", device: sda,
      idle: disk,
      use: { $0.link("fs/bcachefs/UUID/dev-0/block", to: "devices/pci0/sda0/block/sda/sda1") }),
    GuardWay(
      id: "host-files", group: .disks,
      what: "a virtio device by which files come from the machine's host (virtiofs, 9p)",
      knownBy: "the type in `mountinfo`, and who has the driver",
      reason: "holds a mounted virtiofs (virtio3)", device: "/devices/pci0/virtio3",
      idle: { $0.addDevice("virtio3", bus: "virtio", driver: "virtiofs") },
      use: { $0.mount("0:50", on: "/", "virtiofs", from: "root") }),
    GuardWay(
      id: "swap", group: .disks, what: "a disk that holds swap", knownBy: "`/proc/swaps`",
      reason: "holds swap (sda1)", device: sda, guest: "guard", idle: disk,
      use: { $0.tree.file("proc/swaps", "Filename Type\n/dev/sda1 partition 100\n") }),
    GuardWay(
      id: "holder", group: .disks, what: "a disk of device-mapper, md, DRBD or bcache",
      knownBy: "`holders`", reason: "has a holder: sda1 is held by dm-0", device: sda,
      guest: "guard", idle: disk,
      use: { $0.tree.link("sys/devices/pci0/sda0/block/sda/sda1/holders/dm-0", to: "../x") }),
    GuardWay(
      id: "member", group: .disks, what: "a member of such a device that shows no holder",
      knownBy: "`slaves` of the other", reason: "is a member of md0 (sda1)", device: sda,
      idle: disk,
      use: {
        $0.addVirtual("md0", "9:0")
        $0.tree.link("sys/devices/virtual/block/md0/slaves/sda1", to: "../x")
      }),
    GuardWay(
      id: "cache", group: .disks, what: "the cache of a bcache", knownBy: "`bcache`",
      reason: "is used by bcache (sda)", device: sda, idle: disk,
      use: { $0.tree.make("sys/devices/pci0/sda0/block/sda/bcache") }),
    GuardWay(
      id: "loop", group: .disks, what: "a disk behind a loop device",
      knownBy: "`loop/backing_file`", reason: "backs loop0 (sda1)", device: sda,
      guest: "guard-ties", idle: disk,
      use: {
        $0.addVirtual("loop0", "7:0")
        $0.set("devices/virtual/block/loop0/loop/backing_file", "/dev/sda1")
      }),
    GuardWay(
      id: "zram", group: .disks, what: "a disk to which a zram writes back",
      knownBy: "`backing_dev`", reason: "backs zram0 (sda1)", device: sda, idle: disk,
      use: {
        $0.addVirtual("zram0", "252:0")
        $0.set("devices/virtual/block/zram0/backing_dev", "/dev/sda1")
      }),
    GuardWay(
      id: "partitions", group: .disks, what: "a disk with partitions", knownBy: "`partition`",
      reason: "has partitions (sda1)", device: sda, isNature: true, guest: "guard", idle: disk,
      use: { $0.set("devices/pci0/sda0/block/sda/sda1/partition", "1") }),
    GuardWay(
      id: "signature-known", group: .disks, what: "a disk on which udevd found something",
      knownBy: "`ID_FS_TYPE`, `ID_PART_TABLE_TYPE` in udevd's database",
      reason: "has a signature (LVM2_member on sda)", device: sda, isNature: true,
      guest: "guard-system",
      idle: {
        disk($0)
        $0.set("devices/pci0/sda0/block/sda/dev", "8:0")
      },
      use: { $0.tree.file("udev/b8:0", "E:ID_FS_TYPE=LVM2_member\n") }),
    GuardWay(
      id: "signature-read", group: .disks, what: "a disk with anything that libblkid knows",
      knownBy: "it is read just before it would be raced",
      reason: "has a signature (xfs on sda)", device: sda, isNature: true, guest: "guard",
      idle: {
        disk($0)
        $0.set("devices/pci0/sda0/block/sda/dev", "8:0")
      }, signature: { (_, _) throws(SystemError) in "xfs" }),
    GuardWay(
      id: "claimed", group: .disks,
      what: "a disk that the kernel or a program has for itself (ZFS, a target's)",
      knownBy: "it cannot be opened with O_EXCL", reason: "is claimed (sda)", device: sda,
      isNature: true, guest: "guard-ties",
      idle: {
        disk($0)
        $0.set("devices/pci0/sda0/block/sda/dev", "8:0")
      }, signature: { (_, _) throws(SystemError) in throw SystemError("open", "sda", EBUSY) }),
    GuardWay(
      id: "flash-ubi", group: .disks, what: "flash that UBI manages",
      knownBy: "`class/ubi/*/mtd_num`", reason: "holds ubi0 (mtd3)",
      idle: { $0.addClass("mtd", "mtd3", parent: "x") },
      use: { $0.set("class/ubi/ubi0/mtd_num", "3") }),
    GuardWay(
      id: "flash-mount", group: .disks, what: "flash with a JFFS2, without a block device",
      knownBy: "its number in `mountinfo`", reason: "holds /boot (mtd3 mounted)",
      idle: { $0.addClass("mtd", "mtd3", parent: "x") },
      use: { $0.mount("31:3", on: "/boot", "jffs2", from: "mtd:boot") }),
    GuardWay(
      id: "ram", group: .disks, what: "a device that gives RAM (virtio-mem, DAX by kmem)",
      knownBy: "`/proc/iomem`", reason: "gives RAM (virtio3)", device: "/devices/pci0/virtio3",
      guest: "guard-ties",
      idle: {
        $0.addDevice("virtio3", bus: "virtio", driver: "virtio_mem")
        $0.tree.file("proc/iomem", "1000-1fff : System RAM\n140000000-1bfffffff : virtio3\n")
      },
      use: {
        $0.tree.file(
          "proc/iomem",
          "1000-1fff : System RAM\n140000000-1bfffffff : virtio3\n"
            + "  140000000-15fffffff : System RAM (virtio_mem)\n")
      }),
    GuardWay(
      id: "balloon", group: .disks, what: "a balloon that holds memory",
      knownBy: "`balloon_inflate` and `balloon_deflate` of `/proc/vmstat`",
      reason: "holds 20 pages of memory as a balloon",
      idle: {
        $0.addDevice("x", bus: "virtio", driver: "virtio_balloon")
        $0.tree.file("proc/vmstat", "balloon_inflate 30\nballoon_deflate 30\n")
      }, use: { $0.tree.file("proc/vmstat", "balloon_inflate 30\nballoon_deflate 10\n") }),
    GuardWay(
      id: "region", group: .disks, what: "a region of CXL memory that is set up",
      knownBy: "`commit`", reason: "is a region of memory that is set up (region0)",
      idle: { $0.addDevice("region0", bus: "cxl", at: "/devices/pci0/x/region0") },
      use: { $0.set("devices/pci0/x/region0/commit", "1") }),
    GuardWay(
      id: "gadget-disk", group: .disks, what: "a disk that this host is a USB disk of",
      knownBy: "`lun.*/file` in configfs", reason: "backs the USB device g1", device: sda,
      guest: "guard-ties", idle: disk,
      use: {
        $0.set("kernel/config/usb_gadget/g1/functions/mass_storage.0/lun.0/file", "/dev/sda1")
      }),
    GuardWay(
      id: "target", group: .disks, what: "a disk that is a SCSI target for others",
      knownBy: "`udev_path` in configfs", reason: "is served as a target (d)", device: sda,
      guest: "guard-ties", idle: disk,
      use: { $0.set("kernel/config/target/core/iblock_0/d/udev_path", "/dev/sda1") }),
    GuardWay(
      id: "nvme-target", group: .disks, what: "a disk that is an NVMe namespace for others",
      knownBy: "`device_path` in configfs", reason: "is served by NVMe (s)", device: sda,
      guest: "guard-ties", idle: disk,
      use: { $0.set("kernel/config/nvmet/subsystems/s/namespaces/1/device_path", "/dev/sda1") }),
  ]

  static let others: [GuardWay] = [
    GuardWay(
      id: "fstab", group: .others, what: "a disk that is named in fstab, mounted or not",
      knownBy: "`/etc/fstab`", reason: "is named in fstab (sda1)", device: sda,
      guest: "guard-ties", idle: disk,
      use: { $0.tree.file("etc/fstab", "/dev/sda1 / ext4 noauto 0 0\n") }),
    GuardWay(
      id: "crypttab", group: .others, what: "a disk that is named in crypttab",
      knownBy: "`/etc/crypttab`", reason: "is named in crypttab (sda1)", device: sda,
      guest: "guard-ties", idle: disk,
      use: { $0.tree.file("etc/crypttab", "secret /dev/sda1 none luks\n") }),
    GuardWay(
      id: "dump", group: .others, what: "a disk to which a crash is dumped",
      knownBy: "`/etc/kdump.conf`", reason: "is where a crash is dumped to (sda1)", device: sda,
      guest: "guard-ties", idle: disk,
      use: { $0.tree.file("etc/kdump.conf", "path /crash\nraw /dev/sda1\n") }),
    GuardWay(
      id: "unit", group: .others,
      what: "a device that a unit of systemd is bound to or requires, and runs",
      knownBy: "`BoundBy`, `RequiredBy`, `RequisiteOf` of the device's units, from PID 1",
      reason: "is needed by t.service (sys-devices-pci0-x.device)", guest: "guard-system",
      idle: { $0.addDevice("x", bus: "pci") },
      units: [DependentUnit(name: "t.service", device: "sys-devices-pci0-x.device")]),
  ]
}
