import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import Races

/// How devices go and come, told from a made-up /sys.
@Suite struct HotplugTests {
  let folder = TemporaryFolder()

  private func hotplug(_ bus: String, _ name: String) throws -> Hotplug? {
    let sysfs = try Sysfs(folder.path)
    return try .of(try #require(try sysfs.device(bus: bus, name: name)), in: sysfs)
  }

  private func texts(_ hotplug: Hotplug?) -> [String] {
    [hotplug?.removal, hotplug?.addition].compactMap { $0 }
      .map { "\(String(decoding: $0.bytes, as: UTF8.self)) > \($0.path)" }
  }

  @Test("a virtio device goes and comes with the driver of the PCI device above it")
  func parent() throws {
    folder.driver("pci/virtio-pci")
    folder.device("pci", "pci0000:00/0000:00:01.0", boundTo: "virtio-pci")
    folder.device("virtio", "pci0000:00/0000:00:01.0/virtio0")
    let found = try hotplug("virtio", "virtio0")
    #expect(found?.parent?.target == "pci/0000:00:01.0")
    #expect(
      texts(found) == [
        "0000:00:01.0 > bus/pci/drivers/virtio-pci/unbind",
        "0000:00:01.0 > bus/pci/drivers/virtio-pci/bind",
      ])
    // Else they would count as verbs on the raced device.
    #expect([found?.removal.verb, found?.addition.verb] == [.remove, .scan])
  }

  @Test("a device above that has no driver is passed over")
  func grandparent() throws {
    folder.driver("pci/ehci-pci")
    folder.device("pci", "0000:00:1d.0", boundTo: "ehci-pci")
    folder.device("acpi", "0000:00:1d.0/folder")
    folder.device("usb", "0000:00:1d.0/folder/usb1")
    #expect(try hotplug("usb", "usb1")?.parent?.target == "pci/0000:00:1d.0")
  }

  @Test("not with a driver that cannot be unbound, nor further up than that")
  func fixed() throws {
    folder.driver("pci/pcieport")
    folder.driver("platform/i8042", hasBindFiles: false)
    folder.device("pci", "0000:00:1c.0", boundTo: "pcieport")
    folder.device("platform", "0000:00:1c.0/i8042", boundTo: "i8042")
    folder.device("serio", "0000:00:1c.0/i8042/serio0")
    #expect(try hotplug("serio", "serio0") == nil)
  }

  @Test("SCSI and PCI have ways of their own")
  func own() throws {
    folder.driver("pci/virtio-pci")
    folder.device("pci", "0000:00:01.0", boundTo: "virtio-pci")
    folder.device("scsi", "0000:00:01.0/0:0:1:7")
    #expect(
      texts(try hotplug("scsi", "0:0:1:7")) == [
        "1 > devices/0000:00:01.0/0:0:1:7/delete", "0 1 7 > class/scsi_host/host0/scan",
      ])
    #expect(try hotplug("pci", "0000:00:01.0")?.parent == nil)
  }

  @Test("I2C devices are made and deleted by their adapter, HID devices never come back")
  func byAdapter() throws {
    folder.driver("pci/i801_smbus")
    folder.device("pci", "0000:00:1f.3", boundTo: "i801_smbus")
    folder.device("i2c", "0000:00:1f.3/i2c-3")
    folder.device("i2c", "0000:00:1f.3/i2c-3/3-0048")
    folder.file("devices/0000:00:1f.3/i2c-3/3-0048/name", "lm75\n")
    #expect(
      texts(try hotplug("i2c", "3-0048")) == [
        "0x48 > devices/0000:00:1f.3/i2c-3/delete_device",
        "lm75 0x48 > devices/0000:00:1f.3/i2c-3/new_device",
      ])
    folder.device("hid", "0000:00:1f.3/0003:046D:C077.0001")
    #expect(try hotplug("hid", "0003:046D:C077.0001") == nil)
  }
}

@Suite struct ProviderTests {
  @Test("providers are tried in this order")
  func order() {
    #expect(Providers.names == "scsi_debug, fixture, i2c_stub, uhid, dummy_hcd")
    #expect(Providers.named("uhid") == UserHID.self)
    #expect(Providers.named("UHID") == nil)
  }

  @Test(
    "what a provider's devices cannot do is told beforehand",
    arguments: [
      ("i2c_stub", "A1 A2 A4 B1 B5", "A5 C4 R2"), ("dummy_hcd", "A1 A2 A4 B1 B5", "A5 C4 R2"),
      ("uhid", "A2 B1 C4", "A1 A4 A5 X1"), ("scsi_debug", "A1 A2 A4 B1", "C4"),
    ])
  func obstacles(name: String, can: String, cannot: String) throws {
    let provider = try #require(Providers.named(name))
    func obstacles(_ ids: String) -> [String?] {
      ids.split(separator: " ").map {
        provider.obstacle(to: Catalog.patterns(named: String($0))![0])
      }
    }
    #expect(obstacles(can).allSatisfy { $0 == nil }, "\(obstacles(can))")
    #expect(obstacles(cannot).allSatisfy { $0 != nil }, "\(obstacles(cannot))")
  }

  @Test("a HID probe can be slow, as long as the kernel waits")
  func reports() {
    #expect(ReportDelay(nil).obstacle(to: .slowProbe(250)) == nil)
    #expect(ReportDelay(nil).obstacle(to: .slowProbe(5000)) != nil)
    #expect(ReportDelay(nil).obstacle(to: .slowRemove(250)) != nil)
  }
}

@Suite struct AsynchronousDriversTests {
  @Test("known are drivers on the kernels that they were measured on, and on later ones")
  func series() {
    #expect(AsynchronousDrivers.isKnown("sd", release: "6.1.0-56-amd64") == true)
    #expect(AsynchronousDrivers.isKnown("nvme", release: "6.1.0-56-amd64") == nil)
    #expect(AsynchronousDrivers.isKnown("nvme", release: "6.12.117+deb12-amd64") == true)
    #expect(AsynchronousDrivers.isKnown("nvme", release: "7.0-rc1") == true)
    #expect(AsynchronousDrivers.isKnown("sd", release: "5.10.0-46-amd64") == true)
    #expect(AsynchronousDrivers.isKnown("sd", release: "5.4.0") == nil)
    #expect(AsynchronousDrivers.isKnown("lm75", release: "6.12.117") == nil)
    #expect(AsynchronousDrivers.isKnown("sd", release: "?") == nil)
  }
}

/// A made-up /sys.
extension TemporaryFolder {
  /// - Parameter name: BUS/DRIVER.
  fileprivate func driver(_ name: String, hasBindFiles: Bool = true) {
    let parts = name.split(separator: "/")
    let folder = "bus/\(parts[0])/drivers/\(parts[1])"
    make(folder)
    if hasBindFiles { for file in ["bind", "unbind"] { self.file("\(folder)/\(file)", "") } }
  }

  /// - Parameter path: below /sys/devices.
  fileprivate func device(_ bus: String, _ path: String, boundTo driver: String? = nil) {
    let folder = "devices/\(path)"
    let name = path.split(separator: "/").last!
    make("bus/\(bus)/devices")
    file("\(folder)/uevent", "")
    link("\(folder)/subsystem", toOther: "bus/\(bus)")
    link("bus/\(bus)/devices/\(name)", toOther: folder)
    if let driver { link("\(folder)/driver", toOther: "bus/\(bus)/drivers/\(driver)") }
  }
}
