import DriverModel
import Evidence
import TemporaryFolder
import Testing

@testable import HostSafety

/// What somebody named as not to be raced is not, and deny wins.
@Suite struct DeviceListsTests {
  let use: MockUse
  let sysfs: Sysfs
  let disk: Device

  init() throws {
    use = try MockUse()
    for (bus, name, path) in [
      ("pci", "0:4", "pci0/0:4"), ("scsi", "0:0:0:0", "pci0/0:4/host0/0:0:0:0"),
      ("scsi", "1:0:0:0", "pci0/0:5/host1/1:0:0:0"),
    ] {
      use.tree.file("sys/devices/\(path)/uevent", "")
      use.tree.link("sys/bus/\(bus)/devices/\(name)", to: "../../../devices/\(path)")
      use.tree.link("sys/devices/\(path)/subsystem", to: "../bus/\(bus)")
    }
    use.tree.file("sys/bus/scsi/drivers/sd/bind", "")
    use.tree.link(
      "sys/bus/scsi/drivers/sd/0:0:0:0", to: "../../../../devices/pci0/0:4/host0/0:0:0:0")
    use.addBlock("sda", "devices/pci0/0:4/host0/0:0:0:0/block/sda", "8:0")
    sysfs = Sysfs(root: try use.tree.directory("sys"))
    disk = Device(
      bus: "scsi", name: "0:0:0:0", devpath: "/devices/pci0/0:4/host0/0:0:0:0", driver: "sd")
  }

  private var adapter: Device { Device(bus: "pci", name: "0:4", devpath: "/devices/pci0/0:4") }
  private var other: Device {
    Device(bus: "scsi", name: "1:0:0:0", devpath: "/devices/pci0/0:5/host1/1:0:0:0")
  }

  private func lists(allow: [String] = [], deny: [String] = []) throws -> DeviceLists {
    DeviceLists(allow: try allow.map { try Target($0) }, deny: try deny.map { try Target($0) })
  }

  private func denied(_ name: String, _ device: Device, drivers: Set<String> = []) throws
    -> String?
  {
    try lists(deny: [name]).reasonDenied(device, drivers: drivers, in: sysfs)
  }

  @Test(arguments: [
    "scsi/0:0:0:0", "driver:scsi/sd", "/sys/bus/scsi/devices/0:0:0:0", "/sys/class/block/sda",
    "/sys/devices/pci0/0:4/host0",
  ])
  func aDeniedDeviceIsLeftAloneWithAllAbove(_ name: String) throws {
    let reason = "is on the deny list (\(name))"
    #expect(try denied(name, disk)?.hasSuffix(reason) == true)
    #expect(try denied(name, adapter) == reason)
    #expect(try denied(name, other) == nil)
  }

  @Test func soIsAllBelowIt() throws {
    #expect(
      try denied("pci/0:4", disk) == "below 0:4, which is on the deny list (pci/0:4)")
  }

  @Test(arguments: [
    "scsi/9:0:0:0", "nobus/x", "driver:scsi/none", "/sys/class/net/eth9",
    "/sys/bus/scsi/drivers/sd",
  ])
  func whatIsNotThereIsNoError(_ name: String) throws {
    #expect(try denied(name, disk) == nil)
  }

  @Test func aDeniedDriverIsNotAttachedEither() throws {
    #expect(try denied("driver:scsi/sd", other) == nil)
    #expect(
      try denied("driver:scsi/sd", other, drivers: ["scsi/sd"])
        == "is on the deny list (driver:scsi/sd)")
  }

  @Test func aDeniedDeviceThatARaceTookAwayStaysDenied() throws {
    use.tree.remove("sys/bus/scsi/devices/0:0:0:0")
    #expect(try denied("scsi/0:0:0:0", disk) != nil)
  }

  @Test func whatCannotBeReadIsDenied() throws {
    use.tree.link("sys/class/loop", to: "loop")
    #expect(try denied("/sys/class/loop/x", disk)?.contains("cannot read") == true)
  }

  @Test func aPathThatLeadsToNoDeviceIsWrong() throws {
    for name in ["/sys/class/block/sda", "/sys/class/net/eth9", "scsi/9:0:0:0"] {
      try lists(allow: [name], deny: [name]).check(in: sysfs)
    }
    use.tree.make("sys/class/net")
    for lists in [try lists(allow: ["/sys/class/net"]), try lists(deny: ["/sys/class/net"])] {
      #expect(throws: TargetError.self) { try lists.check(in: sysfs) }
    }
  }

  @Test func withoutAnAllowListAllIsAllowed() throws {
    #expect(try lists().reasonNotAllowed(disk) == nil)
  }

  @Test(arguments: [
    "scsi/0:0:0:0", "driver:scsi/sd", "/sys/devices/pci0/0:4/host0/0:0:0:0",
    "/sys/bus/scsi/devices/0:0:0:0",
  ])
  func onlyWhatIsNamedIsAllowed(_ name: String) throws {
    let lists = try lists(allow: [name, "scsi/7:0:0:0"])
    #expect(lists.reasonNotAllowed(disk) == nil)
    #expect(lists.reasonNotAllowed(adapter) == "pci/0:4 is not on the allow list")
    #expect(lists.reasonNotAllowed(other) == "scsi/1:0:0:0 is not on the allow list")
  }

  @Test func anAllowedPathIsKeptWhenARaceTakesItAway() throws {
    use.tree.link("sys/dev/x", to: "../devices/pci0/0:4/host0/0:0:0:0")
    let pinned = try lists(allow: ["/sys/dev/x"]).pinned(in: sysfs)
    use.tree.remove("sys/dev/x")
    #expect(pinned.reasonNotAllowed(disk) == nil)
    #expect(pinned.reasonNotAllowed(other) != nil)
  }

  @Test func anAllowedDriverCountsForWhatItWillBeAttachedTo() throws {
    let lists = try lists(allow: ["driver:scsi/sd"])
    #expect(lists.reasonNotAllowed(other) != nil)
    #expect(lists.reasonNotAllowed(other, drivers: ["scsi/sd"]) == nil)
  }
}
