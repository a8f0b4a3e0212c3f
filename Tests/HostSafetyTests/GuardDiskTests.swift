import DriverModel
import Evidence
import Glibc
import Synchronization
import TemporaryFolder
import Testing

@testable import HostSafety

/// What holds data is never raced, though nobody uses it now; nor what others are made of.
@Suite struct GuardDiskTests {
  let use: MockUse
  let disk = "/devices/pci0/sda0/block/sda"

  init() throws {
    use = try .withTwoDisks()
  }

  // Members

  @Test func membersThatShowNoHolderCount() throws {
    use.addVirtual("md0", "9:0")
    use.tree.link(
      "sys/devices/virtual/block/md0/slaves/sda1", to: "../../../../pci0/sda0/block/sda/sda1")
    #expect(try use.reason(disk) == "is a member of md0 (sda1)")
    #expect(try use.reason("/devices/pci0/sdb0") == nil)
  }

  @Test func theCacheOfBcacheCounts() throws {
    use.tree.make("sys/devices/pci0/sdb0/block/sdb/bcache")
    #expect(try use.reason("/devices/pci0/sdb0") == "is used by bcache (sdb)")
    #expect(try use.reason(disk) == nil)
  }

  @Test func whatBacksADiskInMemoryCounts() throws {
    use.addVirtual("zram0", "252:0")
    use.tree.file("sys/devices/virtual/block/zram0/backing_dev", "none\n")
    #expect(try use.reason("/devices/pci0/sdb0") == nil)
    use.tree.file("sys/devices/virtual/block/zram0/backing_dev", "/dev/sdb1\n")
    #expect(try use.reason("/devices/pci0/sdb0") == "backs zram0 (sdb1)")
  }

  // File systems that name no device

  @Test func allDevicesOfABcachefsCount() throws {
    use.tree.link("sys/fs/bcachefs/UUID/dev-0/block", to: "../../../../devices/pci0/sdb0/block/sdb")
    #expect(try use.reason("/devices/pci0/sdb0") == "holds a mounted bcachefs (sdb)")
  }

  @Test(arguments: [("virtiofs", "virtiofs"), ("9p", "9pnet_virtio")])
  func aFileSystemOfTheMachinesHostCounts(_ type: String, _ driver: String) throws {
    use.tree.link(
      "sys/bus/virtio/drivers/\(driver)/virtio3", to: "../../../../devices/pci0/virtio3")
    #expect(try use.reason("/devices/pci0/virtio3") == nil)
    use.mount("0:50", on: "/", type, from: "root")
    #expect(try use.reason("/devices/pci0/virtio3") == "holds a mounted \(type) (virtio3)")
  }

  // NVMe with several controllers

  private func addSubsystem() {
    use.addBlock("nvme0n1", "devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "259:0")
    use.tree.link(
      "sys/class/nvme-subsystem/nvme-subsys0",
      to: "../../devices/virtual/nvme-subsystem/nvme-subsys0")
    for name in ["nvme0", "nvme1"] {
      use.addClass("nvme", name, parent: "\(name)-pci")
      use.tree.link(
        "sys/devices/virtual/nvme-subsystem/nvme-subsys0/\(name)",
        to: "../../../pci0/\(name)-pci/nvme/\(name)")
    }
    use.addClass("nvme", "nvme2", parent: "nvme2-pci")
  }

  @Test func controllersOfADiskThatHangsOnNoneCount() throws {
    addSubsystem()
    use.mount("259:0", on: "/", from: "/dev/nvme0n1")
    let look = try use.look
    for name in ["nvme0-pci", "nvme1-pci"] {
      #expect(look.reason("/devices/pci0/\(name)") == "holds / (nvme0n1 mounted)")
    }
    #expect(look.reason("/devices/pci0/nvme2-pci") == nil)
  }

  @Test func theDiskOfControllersIsRead() throws {
    addSubsystem()
    use.tree.file("sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/dev", "259:0\n")
    let (host, nodes) = try reading { _ in "ext4" }
    #expect(
      host.reasonInUse("/devices/pci0/nvme1-pci") == "has a signature (ext4 on nvme0n1)")
    #expect(host.reasonInUse("/devices/pci0/nvme2-pci") == nil)
    #expect(nodes() == ["nvme0n1 259:0"])
  }

  // Partitions and signatures that need no reading

  @Test func aDiskWithPartitionsCounts() throws {
    use.tree.file("sys\(disk)/sda1/partition", "1\n")
    let look = try use.look
    #expect(look.reason("/devices/pci0/sda0") == "has partitions (sda1)")
    #expect(look.reason("/devices/pci0/sdb0") == nil)
    #expect(look.reasonOfMade("/devices/pci0/sda0") == nil)
  }

  @Test(arguments: [
    ("E:ID_FS_TYPE=LVM2_member", "LVM2_member"), ("E:ID_PART_TABLE_TYPE=gpt", "gpt"),
  ])
  func whatUdevdFoundCounts(_ line: String, _ type: String) throws {
    use.tree.file("sys\(disk)/dev", "8:0\n")
    use.tree.file("udev/b8:0", "S:disk/by-id/x\nE:ID_BUS=scsi\n\(line)\nG:systemd\n")
    let look = try use.look
    #expect(look.reason("/devices/pci0/sda0") == "has a signature (\(type) on sda)")
    #expect(look.reason("/devices/pci0/sdb0") == nil)
    #expect(look.reasonOfMade("/devices/pci0/sda0") == nil)
  }

  @Test(arguments: ["E:ID_FS_TYPE=", "E:ID_FS_TYPE_X=ext4", "I:E:ID_FS_TYPE=ext4"])
  func anythingElseOfUdevdDoesNot(_ line: String) throws {
    use.tree.file("sys\(disk)/dev", "8:0\n")
    use.tree.file("udev/b8:0", "\(line)\n")
    #expect(try use.reason(disk) == nil)
  }

  @Test func anEnclosureCountsForWhatItsDiskIsByNature() throws {
    use.tree.file("sys\(disk)/dev", "8:0\n")
    use.tree.file("udev/b8:0", "E:ID_FS_TYPE=ext4\n")
    use.addClass("enclosure", "e0", parent: "x")
    use.link("devices/pci0/x/enclosure/e0/slot1/device", to: "devices/pci0/sda0/block/sda")
    let look = try use.look
    #expect(
      look.reason("/devices/pci0/x")
        == "has sda in a slot, which has a signature (ext4 on sda)")
    #expect(look.reasonOfMade("/devices/pci0/x") == nil)
  }

  // Reading disks

  /// A guard whose disks hold what `find` says of a node's name, and what it was asked for.
  private func reading(
    _ find: @escaping @Sendable (String) throws(SystemError) -> String?
  ) throws -> (Guard, () -> [String]) {
    let log = Log()
    let folder = try use.tree.directory("dev").path + "/"
    let host = try use.host { (node, number) throws(SystemError) in
      let name = String(node.dropFirst(folder.utf8.count))
      log.asked.withLock { $0.append("\(name) \(number)") }
      return try find(name)
    }
    return (host, { log.asked.withLock { $0 } })
  }

  private final class Log: Sendable {
    let asked = Mutex<[String]>([])
  }

  /// Disks that can be read, the first without partitions.
  private func addNumbers() {
    use.tree.file("sys\(disk)/dev", "8:0\n")
    use.tree.file("sys/devices/pci0/sdb0/block/sdb/dev", "8:16\n")
    use.tree.remove("sys/class/block/sda1")
    use.tree.file("sys/devices/pci0/sdb0/block/sdb/sdb1/partition", "1\n")
    use.tree.file("sys/devices/pci0/sdb0/block/sdb/sdb1/dev", "8:17\n")
  }

  @Test func aSignatureCountsForTheDiskAndWhatIsAbove() throws {
    addNumbers()
    let (host, nodes) = try reading { _ in "xfs" }
    for path in [disk, "/devices/pci0/sda0"] {
      #expect(host.reasonInUse(path) == "has a signature (xfs on sda)")
    }
    #expect(nodes() == ["sda 8:0", "sda 8:0"])
  }

  @Test func onlyDisksThatWouldBeRacedAreRead() throws {
    addNumbers()
    use.addDisk("sdc", number: 32)
    use.tree.file("sys/devices/pci0/sdc0/block/sdc/dev", "8:32\n")
    use.tree.remove("sys/class/block/sdc1")
    let (host, nodes) = try reading { _ in nil }
    #expect(host.reasonInUse("/devices/pci0/sdc0") == nil)
    // What is known already needs no reading.
    #expect(host.reasonInUse("/devices/pci0/sdb0") == "has partitions (sdb1)")
    #expect(host.look().reason("/devices/pci0/sda0") == nil)
    #expect(nodes() == ["sdc 8:32"])
  }

  @Test func drivesWithoutMediumAndCDsAreNotRead() throws {
    addNumbers()
    use.tree.file("sys\(disk)/size", "0\n")
    use.addBlock("sr0", "devices/pci0/sr0-device/block/sr0", "11:0")
    use.tree.file("sys/devices/pci0/sr0-device/block/sr0/dev", "11:0\n")
    let (host, nodes) = try reading { _ in "iso9660" }
    #expect(host.reasonInUse("/devices/pci0/sda0") == nil)
    #expect(host.reasonInUse("/devices/pci0/sr0-device") == nil)
    #expect(nodes() == [])
  }

  @Test func aDiskThatCannotBeReadIsInUse() throws {
    addNumbers()
    let (host, _) = try reading { (node) throws(SystemError) in
      throw SystemError("read", node, EIO)
    }
    #expect(
      host.reasonInUse(disk)?.hasPrefix("may be in use: cannot read ") == true)
    #expect(host.reasonInUse(disk)?.hasSuffix("/dev/sda: Input/output error") == true)
  }

  @Test func aDiskOfWhichTheSizeCannotBeReadIsInUse() throws {
    addNumbers()
    use.tree.make("sys\(disk)/size")
    let (host, _) = try reading { _ in nil }
    #expect(host.look().reason(disk) == nil)
    #expect(host.reasonInUse(disk)?.hasPrefix("may be in use: cannot read ") == true)
  }

  @Test func aDiskThatIsClaimedIsInUse() throws {
    addNumbers()
    let (host, _) = try reading { (node) throws(SystemError) in
      throw SystemError("read", node, EBUSY)
    }
    #expect(host.reasonInUse(disk) == "is claimed (sda)")
  }

  @Test func aNameWithASlashIsReadInItsFolder() throws {
    use.addBlock("cciss!c0d0", "devices/pci0/raid/block/cciss!c0d0", "104:0")
    use.tree.file("sys/devices/pci0/raid/block/cciss!c0d0/dev", "104:0\n")
    let (host, nodes) = try reading { _ in nil }
    #expect(host.reasonInUse("/devices/pci0/raid") == nil)
    #expect(nodes() == ["cciss/c0d0 104:0"])
  }
}
