internal import DriverModel
internal import Evidence
internal import HostSafety

/// The provider `dummy_hcd`: a USB device that this kernel is too, on a host controller in memory.
///
/// The gadget g_serial under the numbers of Gadget Zero, which the driver usbtest takes: it asks
/// nothing of the device but two bulk endpoints. The device's configuration is unset and set by
/// unbinding and binding the driver usb above it.
final class DummyHCD: Provider {
  static let name = "dummy_hcd"
  static let bus = "usb"
  private static let module = "dummy_hcd"
  private static let gadget = "g_serial"
  /// What the gadget asks the kernel for when it begins (usb_get_function_instance()), which no
  /// dependency tells: loaded before it, it stands in the ledger before it is there.
  private static let function = "usb_f_serial"
  private static let driver = RacedDriver(bus: bus, name: "usbtest", source: .module("usbtest"))

  private let workshop: Workshop
  private var made: Device?

  init(_ workshop: Workshop) {
    self.workshop = workshop
  }

  static func obstacle(_ sysfs: Sysfs) -> String? {
    for module in [module, gadget] {
      let loaded = (try? Modules(sysfs).isLoaded(module)) ?? false
      if loaded { return "\(module) is already loaded by somebody else" }
    }
    for module in [module, gadget, function, "usbtest"] where Workshop.lacks(module) {
      return "there is no module \(module)"
    }
    return nil
  }

  static func obstacle(to pattern: Pattern) -> String? {
    let usb = Device(bus: bus, name: "1-1", devpath: "/devices/usb1/1-1", driver: "usb")
    let example = Device(bus: bus, name: "1-1:1.0", devpath: "\(usb.devpath)/1-1:1.0")
    return Subject(
      device: example, driver: driver, hotplug: .byRebinding(usb, "bus/usb/drivers/usb")
    ).obstacle(to: pattern, hasOverride: false)
  }

  func subject(for pattern: Pattern, _ widener: Widener) throws -> Subject {
    let device = try made ?? make()
    made = device
    var driver = Self.driver
    if try workshop.modules.isBuiltIn("usbtest") { driver.source = .partOfKernel(driver.name) }
    return Subject(
      device: device, driver: driver,
      hotplug: try .byParent(of: device, in: workshop.sysfs),
      made: Set([device.devpath, device.parent].compactMap { $0 }))
  }

  func remove() throws {
    guard made != nil else { return }
    try workshop.unload(Self.gadget)
    try workshop.unload(Self.module)
    made = nil
  }

  private func make() throws -> Device {
    if let obstacle = Self.obstacle(workshop.sysfs) { throw RunStop.skip(obstacle) }
    // Before the device, or udevd would load it when that is announced.
    try workshop.load("usbtest", maker: Self.module)
    try workshop.load(Self.module, maker: Self.module)
    try workshop.load(Self.function, maker: Self.module)
    try workshop.load(
      Self.gadget, ["use_acm=0", "idVendor=0x0525", "idProduct=0xa4a0"],
      maker: Self.module)
    // The hub's own thread finds it (hub_event()).
    var added: Device?
    _ = try workshop.wait {
      added = try workshop.sysfs.devices(bus: "usb").first {
        $0.devpath.hasPrefix("/devices/platform/\(Self.module).") && $0.driver == "usbtest"
      }
      return added != nil
    }
    guard let added else { throw RunStop.skip("the gadget did not become a USB device") }
    return added
  }
}
