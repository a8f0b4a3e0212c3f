import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// A disk that anything rests on is never raced, nor what it hangs on.
@Suite struct GuardBlockTests {
  let use: MockUse
  let disk = "/devices/pci0/sda0/block/sda"

  init() throws {
    use = try .withTwoDisks()
  }

  @Test func aSpareDiskIsNotInUse() throws {
    #expect(try use.reason(disk) == nil)
    #expect(try use.reason("/devices/pci0") == nil)
  }

  @Test func aMountedPartitionHoldsAllAboveAndBelow() throws {
    use.mount("8:1", on: "/var", from: "/dev/sda1")
    let look = try use.look
    for path in ["\(disk)/sda1", disk, "/devices/pci0/sda0", "/devices/pci0"] {
      #expect(look.reason(path) == "holds /var (sda1 mounted)")
    }
    #expect(look.reason("\(disk)/sda1/x") == "below sda1, which holds /var (sda1 mounted)")
    #expect(look.reason("/devices/pci0/sdb0") == nil)
    // A name that only begins the same is another device.
    #expect(look.reason("/devices/pci0/sda") == nil)
  }

  @Test func aMountPointCanHaveSpaces() throws {
    use.mount("8:1", on: "/my\\040disk", from: "/dev/sda1")
    #expect(try use.reason(disk) == "holds /my disk (sda1 mounted)")
  }

  @Test func aMountOfAnotherNamespaceCounts() throws {
    use.addProcess(200, "inside")
    use.tree.link("proc/200/ns/mnt", to: "mnt:[2]")
    use.tree.file("proc/200/mountinfo", "9 1 8:17 / /in rw - ext4 /dev/xvda1 rw\n")
    #expect(
      try use.reason("/devices/pci0/sdb0")
        == "holds /in (sdb1 mounted in the mount namespace of process 200)")
  }

  @Test func aMountThatPID1CannotSeeFromItsRootCounts() throws {
    use.addProcess(200, "chroot")
    use.tree.link("proc/200/root", to: "/elsewhere")
    use.tree.file("proc/200/mountinfo", "9 1 8:17 / / rw - ext4 /dev/sdb1 rw\n")
    #expect(try use.reason("/devices/pci0/sdb0") != nil)
  }

  @Test func anAnonymousMountIsFoundByItsSource() throws {
    use.tree.link("dev/mapper/data", to: "../sdb1")
    use.mount("0:40", on: "/data", "btrfs", from: "/dev/mapper/data")
    #expect(try use.reason("/devices/pci0/sdb0") == "holds /data (sdb1 mounted)")
  }

  @Test func allDevicesOfABtrfsCount() throws {
    use.tree.make("sys/fs/btrfs/features")
    use.tree.link("sys/fs/btrfs/UUID/devices/sdb1", to: "../../../../devices/x")
    #expect(try use.reason("/devices/pci0/sdb0") == "holds a mounted btrfs (sdb1)")
  }

  @Test(arguments: ["ext4", "xfs", "f2fs", "erofs"])
  func aFileSystemUnmountedLazilyCounts(_ type: String) throws {
    use.tree.make("sys/fs/\(type)/sdb1")
    use.tree.make("sys/fs/\(type)/features")
    #expect(try use.reason("/devices/pci0/sdb0") == "holds a mounted \(type) (sdb1)")
  }

  @Test(arguments: ["raw", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"])
  func aDiskOfAnyKindToWhichACrashIsDumpedCounts(_ type: String) throws {
    use.tree.file("etc/kdump.conf", "\(type) /dev/sdb1\nnfs /dev/sda1\n")
    let look = try use.look
    #expect(look.reason("/devices/pci0/sdb0") == "is where a crash is dumped to (sdb1)")
    #expect(look.reason(disk) == nil)
  }

  @Test func aNamespaceThatCannotBeToldIsReadAnyway() throws {
    use.addProcess(200, "inside")
    use.tree.remove("proc/200/ns")
    use.tree.link("proc/200/ns", to: "ns")
    use.tree.file("proc/200/mountinfo", "9 1 8:17 / /in rw - ext4 /dev/xvda1 rw\n")
    #expect(try use.reason("/devices/pci0/sdb0")?.hasPrefix("holds /in ") == true)
  }

  @Test func mountsThatCannotBeReadAreEverywhere() throws {
    use.tree.remove("proc/1/mountinfo")
    let reason = try use.reason(disk)
    #expect(reason?.hasPrefix("may be in use: cannot read ") == true)
    #expect(reason?.contains("1/mountinfo") == true)
  }

  @Test func aProcessThatWentAwayIsNoTrouble() throws {
    use.tree.make("proc/200")
    #expect(try use.reason(disk) == nil)
  }

  @Test func aProcessThatCannotBeReadIsInUse() throws {
    use.addProcess(200, "secret")
    use.tree.link("proc/200/ns/mnt", to: "mnt:[2]")
    // A directory answers EISDIR, to root too.
    use.tree.make("proc/200/mountinfo")
    #expect(try use.reason(disk)?.contains("200/mountinfo") == true)
  }

  @Test func aProcessWhoseDescriptorsCannotBeReadIsInUse() throws {
    use.addProcess(200, "secret")
    use.tree.remove("proc/200/fd")
    use.tree.link("proc/200/fd", to: "fd")
    #expect(try use.reason(disk)?.contains("200/fd") == true)
  }

  @Test func aHostWithoutNamespacesHasMounts() throws {
    use.tree.remove("proc/1/ns")
    use.mount("8:1", on: "/var", from: "/dev/sda1")
    #expect(try use.reason(disk) == "holds /var (sda1 mounted)")
  }

  @Test func aLinkOfTheWholePathIsFollowed() throws {
    use.tree.link("dev/mapper/data", to: "/dev/sdb1")
    use.mount("0:40", on: "/data", "btrfs", from: "/dev/mapper/data")
    #expect(try use.reason("/devices/pci0/sdb0") == "holds /data (sdb1 mounted)")
  }

  @Test func swapOfAChangeOfRootCounts() throws {
    use.tree.file("proc/swaps", "Filename Type\n/root/dev/sdb1 partition 100\n")
    #expect(try use.reason("/devices/pci0/sdb0") == "holds swap (sdb1)")
  }

  @Test func swapCounts() throws {
    use.tree.file(
      "proc/swaps", "Filename\tType\t\tSize\n/dev/sda1   partition\t100\n/swap file\t100\n")
    #expect(try use.reason(disk) == "holds swap (sda1)")
    #expect(try use.reason("/devices/pci0/sdb0") == nil)
  }

  @Test func swapThatIsNotFoundIsEverywhere() throws {
    use.tree.file("proc/swaps", "Filename Type\n/dev/sdz9 partition 100\n")
    #expect(try use.reason(disk)?.contains("/dev/sdz9") == true)
  }

  @Test func aHeldPartitionCounts() throws {
    use.addVirtual("dm-0", "253:0")
    use.tree.link("sys/devices/pci0/sda0/block/sda/sda1/holders/dm-0", to: "../x")
    #expect(try use.reason(disk) == "has a holder: sda1 is held by dm-0")
  }

  @Test func aLoopOnADiskCounts() throws {
    use.addVirtual("loop0", "7:0")
    use.tree.file("sys/devices/virtual/block/loop0/loop/backing_file", "/dev/sdb1\n")
    #expect(try use.reason("/devices/pci0/sdb0") == "backs loop0 (sdb1)")
    use.tree.file("sys/devices/virtual/block/loop0/loop/backing_file", "/images/disk\n")
    #expect(try use.reason("/devices/pci0/sdb0") == nil)
  }

  @Test(arguments: [
    "UUID=1-2 / ext4", "UUID=\"1-2\" none swap", "LABEL=my\\040disk / ext4", "/dev/sdb1\t/ ext4",
    "/dev/disk/by-uuid/1-2 / ext4 noauto", "PARTUUID=1-2 / ext4", "PARTLABEL=1-2 / ext4",
    "ID=1-2 / ext4",
  ])
  func aDiskNamedInFstabCounts(_ line: String) throws {
    for folder in ["by-uuid", "by-partuuid", "by-partlabel", "by-id"] {
      use.tree.link("dev/disk/\(folder)/1-2", to: "../../sdb1")
    }
    use.tree.link("dev/disk/by-label/my\\x20disk", to: "../../sdb1")
    use.tree.file("etc/fstab", "# /dev/sda1 / ext4\n#/dev/sda1 / ext4\n\n\(line) 0 0\n")
    let look = try use.look
    #expect(look.reason("/devices/pci0/sdb0") == "is named in fstab (sdb1)")
    #expect(look.reason(disk) == nil)
  }

  @Test func aDiskNamedInCrypttabCounts() throws {
    use.tree.link("dev/disk/by-uuid/1-2", to: "../../sdb1")
    use.tree.file("etc/crypttab", "secret UUID=1-2 none luks\n")
    #expect(try use.reason("/devices/pci0/sdb0") == "is named in crypttab (sdb1)")
  }

  // Open devices: /dev/full is 1:7, and in this tree that is a device like any other.

  private func addFull() {
    use.tree.make("sys/devices/pci0/full0")
    use.tree.link("sys/dev/char/1:7", to: "../../devices/pci0/full0")
  }

  @Test func anOpenDeviceCounts() throws {
    addFull()
    use.addProcess(200, "smart d)", opens: ["/dev/null", "/dev/full", "/nowhere"])
    #expect(
      try use.reason("/devices/pci0/full0")
        == "is open: full0 in smart d) (pid 200)")
    #expect(try use.reason(disk) == nil)
  }

  @Test(arguments: ["systemd-udevd", "(udev-worker)", "udevd"])
  func udevdsOwnOpeningDoesNotCount(_ command: String) throws {
    addFull()
    use.addProcess(200, command, opens: ["/dev/full"])
    use.addProcess(201, "scsi_id", parent: 200, opens: ["/dev/full"])
    #expect(try use.reason("/devices/pci0/full0") == nil)
    use.addProcess(202, "dd", opens: ["/dev/full"])
    #expect(try use.reason("/devices/pci0/full0")?.contains("dd (pid 202)") == true)
  }

  @Test func aDeviceGivenToAVirtualMachineCounts() throws {
    use.tree.make("sys/devices/virtual/vfio/7")
    use.tree.link("sys/dev/char/1:7", to: "../../devices/virtual/vfio/7")
    use.tree.link("sys/kernel/iommu_groups/7/devices/g", to: "../../../../devices/pci0/g")
    use.addProcess(200, "qemu", opens: ["/dev/full"])
    #expect(try use.reason("/devices/pci0/g") == "is open: 7 in qemu (pid 200)")
  }

  @Test func manyOpenDevicesAreAllSeen() throws {
    addFull()
    let others = (0..<1500).flatMap { _ in ["/dev/null", "/dev/zero"] }
    use.addProcess(200, "many", opens: others + ["/dev/full"])
    #expect(try use.reason("/devices/pci0/full0") != nil)
  }

  @Test(.enabled(if: geteuid() == 0)) func aTerminalThatIsOpenHasAKeyboard() throws {
    let node = "\(use.tree.path)/node"
    unsafe mknod(node, S_IFCHR | 0o600, 4 << 8 | 1)
    use.addState("input", "input0", "capabilities/key", "fffffffffffffffe")
    use.tree.make("sys/devices/virtual/tty/tty1")
    use.link("dev/char/4:1", to: "devices/virtual/tty/tty1")
    use.addProcess(200, "agetty", opens: [node])
    #expect(try use.reason("/devices/pci0/x") == "is a keyboard of the terminal tty1")
  }

  @Test(.enabled(if: geteuid() == 0)) func anOpenBlockDeviceCounts() throws {
    let node = "\(use.tree.path)/node"
    unsafe mknod(node, S_IFBLK | 0o600, 8 << 8 | 16)
    // The name of the node does not matter, its number does.
    use.addProcess(200, "dd", opens: [node])
    #expect(
      try use.reason("/devices/pci0/sdb0") == "is open: sdb in dd (pid 200)")
  }
}
