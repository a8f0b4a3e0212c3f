import DriverModel
import Evidence
import Glibc
import Testing

/// Buses, devices and drivers are what the links of sysfs say, and looking never waits for a device.
@Suite struct SysfsTests {
  let tree = SysfsTree()

  @Test func `a bound device tells its driver, module, alias and parent`() throws {
    tree.bus("scsi").driver("sd", module: "sd_mod")
      .device(
        "0:0:0:0", below: "devices/pseudo_0/host0/target0:0:0", boundTo: "sd",
        modalias: "scsi:t-0x00")
    let device = try #require(try tree.sysfs.device(bus: "scsi", name: "0:0:0:0"))
    #expect(
      device
        == Device(
          bus: "scsi", name: "0:0:0:0", devpath: "/devices/pseudo_0/host0/target0:0:0/0:0:0:0",
          driver: "sd", module: "sd_mod", modalias: "scsi:t-0x00",
          parent: "/devices/pseudo_0/host0/target0:0:0"))
    #expect(device.target == "scsi/0:0:0:0")
    #expect(device.syspath == "/sys/devices/pseudo_0/host0/target0:0:0/0:0:0:0")
  }

  @Test func `a device without a driver has neither driver nor module`() throws {
    tree.bus("platform").device("pcspkr", below: "devices/platform")
    let device = try #require(try tree.sysfs.device(bus: "platform", name: "pcspkr"))
    #expect(device.driver == nil)
    #expect(device.module == nil)
    #expect(device.modalias == nil)
    #expect(try tree.sysfs.driver(of: device) == nil)
  }

  @Test func `folders that are no devices are passed over on the way to the parent`() throws {
    tree.bus("mdio").device("phy0", below: "devices/eth0")
    tree.make("devices/eth0/mdio_bus")
    tree.bus("mdio").device("phy1", below: "devices/eth0/mdio_bus")
    unsafe unlink("\(tree.path)/devices/eth0/mdio_bus/uevent")
    let sysfs = try tree.sysfs
    #expect(try sysfs.device(bus: "mdio", name: "phy1")?.parent == "/devices/eth0")
  }

  @Test func `a device hangs on devices of buses, the nearest first, and on others between`() throws
  {
    tree.bus("pci").driver("virtio-pci").device(
      "0000:00:01.0", below: "devices/pci0000:00", boundTo: "virtio-pci")
    tree.bus("scsi").device("host0", below: "devices/pci0000:00/0000:00:01.0/virtio0")
      .device("0:0:0:0", below: "devices/pci0000:00/0000:00:01.0/virtio0/host0/target0:0:0")
    let sysfs = try tree.sysfs
    let disk = try #require(try sysfs.device(bus: "scsi", name: "0:0:0:0"))
    let above = try sysfs.ancestors(of: disk)
    #expect(above.map(\.target) == ["scsi/host0", "pci/0000:00:01.0"])
    #expect(above.map(\.driver) == [nil, "virtio-pci"])
  }

  @Test func `a name that is not there is no device, and a bus that is not there is an error`()
    throws
  {
    tree.bus("scsi")
    let sysfs = try tree.sysfs
    #expect(try sysfs.device(bus: "scsi", name: "0:0:0:0") == nil)
    #expect(throws: SystemError.self) { try sysfs.devices(bus: "scsy") }
  }

  @Test func `a device whose directory is gone already is left out`() throws {
    let bus = tree.bus("scsi").device("0:0:0:0")
    bus.tree.link("bus/scsi/devices/0:0:0:1", to: "devices/host0/0:0:0:1")
    #expect(try tree.sysfs.devices(bus: "scsi").map(\.name) == ["0:0:0:0"])
  }

  @Test func `a driver tells its devices, and not its module, as devices`() throws {
    tree.bus("pci").driver("nvme", module: "nvme")
      .device("0000:00:04.0", boundTo: "nvme").device("0000:00:05.0", boundTo: "nvme")
      .device("0000:00:06.0")
    #expect(
      try tree.sysfs.driver(bus: "pci", name: "nvme")
        == Driver(
          bus: "pci", name: "nvme", module: "nvme", hasBindFiles: true,
          devices: ["0000:00:04.0", "0000:00:05.0"]))
  }

  @Test func `a driver that suppresses bind files says so`() throws {
    tree.bus("platform").driver("alarmtimer", hasBindFiles: false).driver("pcspkr")
    let drivers = try tree.sysfs.drivers(bus: "platform")
    #expect(drivers.map(\.name) == ["alarmtimer", "pcspkr"])
    #expect(drivers.map(\.hasBindFiles) == [false, true])
    #expect(drivers.map(\.module) == [nil, nil])
  }

  @Test func `a driver that is not there is none`() throws {
    tree.bus("platform")
    #expect(try tree.sysfs.driver(bus: "platform", name: "pcspkr") == nil)
  }

  /// Both files take device_lock() where they are shown, and would wait behind a slow probe.
  @Test(arguments: ["uevent", "driver_override"])
  func `looking at everything opens no file that takes the device's lock`(file: String) throws {
    tree.bus("pci").driver("nvme")
      .device("0000:00:04.0", boundTo: "nvme", modalias: "pci:v1", hasDriverOverride: true)
    let watch = OpenWatch("\(tree.path)/devices/host0/0000:00:04.0/\(file)")
    let sysfs = try tree.sysfs
    let device = try #require(try sysfs.devices(bus: "pci").first)
    #expect(try sysfs.driver(of: device) == "nvme")
    #expect(sysfs.hasDriverOverride(device))
    _ = try sysfs.drivers(bus: "pci")
    for target in ["pci/0000:00:04.0", "driver:pci/nvme", "/sys/devices/host0/0000:00:04.0"] {
      #expect(try sysfs.devices(of: Target(target)) == [device])
    }
    #expect(!watch.wasOpened)
    _ = try sysfs.root.text("\(device.path)/\(file)")
    #expect(watch.wasOpened, "the watch itself works")
  }

  /// The real thing holds more than a made-up one: nothing of it may be an error.
  @Test func `this machine's own sysfs is read whole`() throws {
    let sysfs = try Sysfs()
    for bus in try sysfs.buses() {
      for device in try sysfs.devices(bus: bus) {
        #expect(device.devpath.hasPrefix("/devices/"))
        #expect(device.parent?.hasPrefix("/devices/") ?? true)
        #expect(try sysfs.devices(of: Target(device.target)).count == 1)
      }
      for driver in try sysfs.drivers(bus: bus) {
        for name in driver.devices {
          #expect(try sysfs.device(bus: bus, name: name)?.driver == driver.name)
        }
      }
    }
  }

  @Test func `buses are listed, and the total of uevents is read`() throws {
    _ = (tree.bus("scsi"), tree.bus("pci"))
    tree.file("kernel/uevent_seqnum", "18446744073709551615\n")
    #expect(try tree.sysfs.buses() == ["pci", "scsi"])
    #expect(try tree.sysfs.ueventSeqnum() == .max)
  }
}
