import DriverModel
import Evidence
import Glibc
import Synchronization
import TemporaryFolder
import Testing

@testable import HostSafety

/// systemd is a user too: what its units need is not raced.
@Suite struct GuardUnitTests {
  let use: MockUse

  init() throws {
    use = try MockUse()
    use.addDevice("x", bus: "pci", driver: "nic")
    use.addClass("net", "eth1", parent: "x")
    use.link("devices/pci0/x/net/eth1/subsystem", to: "class/net")
    use.set("devices/pci0/x/net/eth1/ifindex", "7")
    use.tree.file(
      "udev/n7", "E:ID_BUS=pci\nE:SYSTEMD_ALIAS=/sys/subsystem/net/devices/eth1 /x/second\n")
    use.addBlock("c!d0", "devices/pci0/x/block/c!d0", "8:0")
    use.link("devices/pci0/x/block/c!d0/subsystem", to: "class/block")
    use.set("devices/pci0/x/block/c!d0/dev", "8:0")
    use.tree.file("udev/b8:0", "S:disk/by-id/a\\x20b\n")
    use.addDevice("y", bus: "pci")
  }

  private final class Asked: Sendable {
    let names = Mutex<Set<String>>([])
  }

  @Test func theUnitsOfTheDeviceAndOfWhatIsBelowAreAskedFor() throws {
    let asked = Asked()
    let host = try use.host(units: { (names) throws(SystemError) in
      asked.names.withLock { $0 = names }
      return []
    })
    #expect(host.reasonInUse("/devices/pci0/x") == nil)
    #expect(
      asked.names.withLock { $0 } == [
        "sys-devices-pci0-x.device", "sys-devices-pci0-x-net-eth1.device",
        "sys-subsystem-net-devices-eth1.device", "x-second.device",
        "sys-devices-pci0-x-block-c\\x21d0.device", "dev-c-d0.device",
        "dev-disk-by\\x2did-a\\x5cx20b.device",
      ])
  }

  @Test func whatIsInUseAnywayIsNotAskedFor() throws {
    let host = try use.host(units: { (names) throws(SystemError) in
      Issue.record("asked for \(names)")
      return []
    })
    use.set("devices/pci0/x/net/eth1/flags", "0x1003")
    #expect(host.reasonInUse("/devices/pci0/x") == "is up (eth1)")
    #expect(host.look().reason("/devices/pci0/y") == nil)
  }

  @Test func aManagerThatDoesNotAnswerLeavesTheDeviceAlone() throws {
    let host = try use.host(units: { (_) throws(SystemError) in
      throw SystemError("read", "the units of systemd", ETIMEDOUT)
    })
    #expect(
      host.reasonInUse("/devices/pci0/x")
        == "may be in use: cannot read the units of systemd: Connection timed out")
  }

  @Test(arguments: [
    ("/dev/sda", "dev-sda.device"), ("/sys//devices/a-b", "sys-devices-a\\x2db.device"),
    ("/.x/.y", "\\x2ex-.y.device"), ("/dev/\u{e9}", "dev-\\xc3\\xa9.device"),
    ("/dev/\u{10ffe9}", "dev-\\xe9.device"),
  ])
  func aPathIsAUnit(_ path: String, _ name: String) {
    #expect(UnitName.device(path) == name)
  }

  @Test func aManagerThatIsNotThereIsSaid() {
    #expect(throws: SystemError.self) {
      try ServiceUnits.read(["x.device"], address: "unix:path=/nowhere/private")
    }
  }
}
