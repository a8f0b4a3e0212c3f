import DriverModel
import Testing

/// A target means what it says, and a wrong one says what would be right.
@Suite struct TargetTests {
  @Test(
    arguments: [
      ("scsi/0:0:0:0", .device(bus: "scsi", name: "0:0:0:0")),
      ("pci/0000:00:04.0", .device(bus: "pci", name: "0000:00:04.0")),
      ("platform/Fixed MDIO bus.0", .device(bus: "platform", name: "Fixed MDIO bus.0")),
      ("/sys/bus/scsi/devices/0:0:0:0", .path("/sys/bus/scsi/devices/0:0:0:0")),
      ("/dev/sda", .path("/dev/sda")),
      ("/dev/disk/by-id/x,y", .path("/dev/disk/by-id/x,y")),
      ("/sys//devices/platform/pcspkr/", .path("/sys/devices/platform/pcspkr")),
      ("driver:scsi/sd", .driver(bus: "scsi", name: "sd")),
      ("driver:mdio_bus/Generic PHY", .driver(bus: "mdio_bus", name: "Generic PHY")),
      ("provider:scsi_debug", .provider("scsi_debug")),
    ] as [(String, Target)])
  func `a target is read as it is written`(text: String, target: Target) throws {
    #expect(try Target(text) == target)
  }

  @Test(
    arguments: [
      ("", "write BUS/NAME"),
      ("sda", "write BUS/NAME"),
      ("scsi/", "write BUS/NAME"),
      ("/0:0:0:0", "below /sys"),
      ("scsi/a/b", "write BUS/NAME"),
      ("scsi/..", "write BUS/NAME"),
      ("../x", "write BUS/NAME"),
      ("scsi/a\n", "write BUS/NAME"),
      ("/dev", "below /sys"),
      ("/dev/../etc/passwd", "below /sys or /dev"),
      ("/etc/passwd", "below /sys or /dev"),
      ("/sys", "below /sys"),
      ("/sys/devices/../../etc", "below /sys"),
      ("driver:sd", "write driver:BUS/DRIVER"),
      ("driver:", "write driver:BUS/DRIVER"),
      ("provider:", "write provider:NAME"),
      ("provider:a/b", "write provider:NAME"),
      ("drivers:scsi/sd", "'drivers:scsi' is no bus; the prefixes are driver: and provider:"),
    ])
  func `a wrong target names itself and what would be right`(text: String, hint: String) {
    let error = #expect(throws: TargetError.self) { try Target(text) }
    #expect(error?.target == text)
    #expect(error?.problem.contains(hint) == true, "\(error?.problem ?? "")")
  }

  let tree = SysfsTree()

  init() {
    tree.bus("scsi").driver("sd").driver("sr")
      .device("0:0:0:0", boundTo: "sd").device("0:0:0:1", boundTo: "sd").device("1:0:0:0")
    tree.bus("pci").driver("nvme").device("0000:00:04.0", below: "devices/pci0000:00")
    tree.bus("virtio")
    tree.make("devices/host0/0:0:0:0/block/sda")
    tree.link("devices/host0/0:0:0:0/block/sda/subsystem", to: "class/block")
    tree.file("devices/host0/0:0:0:0/block/sda/uevent", "")
    tree.make("devices/host0/0:0:0:0/power")
    tree.make("class/block")
    tree.link("class/block/sda", to: "devices/host0/0:0:0:0/block/sda")
  }

  @Test(
    arguments: [
      ("scsi/1:0:0:0", ["1:0:0:0"]),
      ("driver:scsi/sd", ["0:0:0:0", "0:0:0:1"]),
      ("driver:scsi/sr", []),
      ("/sys/bus/scsi/devices/0:0:0:1", ["0:0:0:1"]),
      ("/sys/bus/scsi/drivers/sd/0:0:0:1", ["0:0:0:1"]),
      ("/sys/devices/pci0000:00/0000:00:04.0", ["0000:00:04.0"]),
      ("/sys/class/block/sda/../../../0:0:0:1", nil),
    ] as [(String, [String]?)])
  func `a target means the devices that are there`(text: String, names: [String]?) throws {
    guard let target = try? Target(text) else {
      #expect(names == nil)
      return
    }
    #expect(try tree.sysfs.devices(of: target).map(\.name) == names)
  }

  @Test(
    arguments: [
      ("scsi/0:0:0:2", "the bus 'scsi' has no device '0:0:0:2'; did you mean scsi/0:0:0:0?"),
      ("pci/00:04.0", "did you mean pci/0000:00:04.0?"),
      ("virtio/0000:00:04.0", "did you mean pci/0000:00:04.0?"),
      ("virtio/virtio0", "the bus 'virtio' has no device 'virtio0': it has none"),
      ("scsi/whatever", "; there are 0:0:0:0, 0:0:0:1, 1:0:0:0"),
      ("scsy/0:0:0:0", "there is no bus 'scsy'; did you mean scsi?"),
      ("driver:scsi/sdd", "the bus 'scsi' has no driver 'sdd'; did you mean driver:scsi/sd?"),
      ("driver:usb/usbhid", "there is no bus 'usb'"),
      ("/sys/devices/nothing", "no such path"),
      ("/sys/devices/host0/0:0:0:0/power", "did you mean scsi/0:0:0:0, which it belongs to?"),
      ("/sys/bus/scsi", "no device of a bus, nor below one"),
      ("provider:scsi_debug", "are made when the run begins"),
    ])
  func `what is not there is named, with the nearest that is`(text: String, hint: String) throws {
    let sysfs = try tree.sysfs
    let target = try Target(text)
    let error = #expect(throws: TargetError.self) { try sysfs.devices(of: target) }
    #expect(error?.target == text)
    #expect(error?.problem.contains(hint) == true, "\(error?.problem ?? "")")
  }

  @Test func `links that go in a circle end`() throws {
    tree.link("devices/a", to: "devices/b")
    tree.link("devices/b", to: "devices/a")
    let sysfs = try tree.sysfs
    #expect(throws: TargetError.self) { try sysfs.devices(of: Target("/sys/devices/a")) }
  }
}
