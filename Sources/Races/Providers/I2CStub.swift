internal import DriverModel
internal import Evidence
internal import HostSafety

/// The provider `i2c_stub`: a chip in memory, on an adapter that the kernel makes for tests.
///
/// The driver lm75 takes any bytes for a temperature, so its probe succeeds.
final class I2CStub: Provider {
  static let name = "i2c_stub"
  static let bus = "i2c"
  private static let module = "i2c-stub"
  private static let driver = RacedDriver(bus: bus, name: "lm75", source: .module("lm75"))

  private let workshop: Workshop
  private var made: Device?

  init(_ workshop: Workshop) {
    self.workshop = workshop
  }

  static func obstacle(_ sysfs: Sysfs) -> String? {
    let loaded = (try? Modules(sysfs).isLoaded(module)) ?? false
    if loaded { return "\(module) is already loaded by somebody else" }
    for module in [module, "lm75"] where Workshop.lacks(module) {
      return "there is no module \(module)"
    }
    return nil
  }

  static func obstacle(to pattern: Pattern) -> String? {
    subject(device(adapter: "i2c-0")).obstacle(to: pattern, hasOverride: false)
  }

  func subject(for pattern: Pattern, _ widener: Widener) throws -> Subject {
    let device = try made ?? make()
    made = device
    var subject = Self.subject(device)
    if try workshop.modules.isBuiltIn("lm75") {
      subject.driver.source = .partOfKernel(subject.driver.name)
    }
    return subject
  }

  func remove() throws {
    guard made != nil else { return }
    // Its adapter takes the chip along (i2c_del_adapter()).
    try workshop.unload(Self.module)
    made = nil
  }

  private func make() throws -> Device {
    if let obstacle = Self.obstacle(workshop.sysfs) { throw RunStop.skip(obstacle) }
    // Before the chip, or udevd would load it when that is announced.
    try workshop.load("lm75", maker: Self.module)
    try workshop.load(Self.module, ["chip_addr=0x48"], maker: Self.module)
    let root = workshop.sysfs.root
    let adapter = try workshop.sysfs.deviceNames(bus: "i2c").first {
      (try? root.text("bus/i2c/devices/\($0)/name")) == "SMBus stub driver"
    }
    guard let adapter else { throw RunStop.skip("\(Self.module) made no adapter") }
    return Self.device(adapter: adapter)
  }

  /// It is made by the first preparation, as it is made each time that it was removed.
  private static func device(adapter: String) -> Device {
    let name = "\(adapter.dropFirst("i2c-".count))-0048"
    return Device(
      bus: bus, name: name, devpath: "/devices/\(adapter)/\(name)", modalias: "i2c:lm75",
      parent: "/devices/\(adapter)")
  }

  private static func subject(_ device: Device) -> Subject {
    Subject(
      device: device, driver: driver,
      hotplug: .byAdapter(String(device.parent!.dropFirst()), of: device, type: "lm75"),
      made: [device.devpath])
  }
}
