internal import DriverModel
internal import Evidence

/// The provider `fixture`: platform devices of the module in Tests/Fixture, whose probes do what they
/// are told. Its README has the attributes.
final class Fixture: Provider {
  static let name = "fixture"
  static let bus = "platform"
  static let module = "bindrace_fixture"
  static let folder = "devices/bindrace_fixture"

  private let workshop: Workshop
  private var isMade = false

  init(_ workshop: Workshop) {
    self.workshop = workshop
  }

  static func obstacle(_ sysfs: Sysfs) -> String? {
    if let state = try? Modules(sysfs).isLoaded(module), state {
      return "\(module) is already loaded by somebody else"
    }
    return Workshop.lacks(module)
      ? "the module \(module) is not installed (Tests/Fixture)" : nil
  }

  static func obstacle(to pattern: Pattern) -> String? {
    subject(FixtureControl(nil)).obstacle(to: pattern, hasOverride: true)
  }

  func subject(for pattern: Pattern, _ widener: Widener) throws -> Subject {
    if !isMade {
      if let obstacle = Self.obstacle(workshop.sysfs) { throw RunStop.skip(obstacle) }
      isMade = true
      try workshop.load(Self.module, ["devices=2", "drivers=2"], maker: Self.module)
    }
    return Self.subject(FixtureControl(workshop.sysfs.root))
  }

  func remove() throws {
    guard isMade else { return }
    try workshop.unload(Self.module)
    isMade = false
  }

  private static func subject(_ control: FixtureControl) -> Subject {
    let devices = [device(0), device(1)]
    return Subject(
      device: devices[0], driver: driver("a"), other: devices[1], rival: driver("b"),
      hotplug: hotplug(0), otherHotplug: hotplug(1),
      rescan: .attribute("\(folder)/rescan", "1", .rescan, "platform"), conditions: control,
      made: Set(devices.map(\.devpath)))
  }

  private static func device(_ slot: Int) -> Device {
    let name = "\(module).\(slot)"
    return Device(
      bus: "platform", name: name, devpath: "/\(folder)/\(name)", modalias: "platform:\(module)",
      parent: "/\(folder)")
  }

  private static func driver(_ letter: String) -> RacedDriver {
    RacedDriver(
      bus: "platform", name: "\(module)_\(letter)",
      source: .fixture(folder: "\(folder)/driver_\(letter)"))
  }

  private static func hotplug(_ slot: Int) -> Hotplug {
    let name = "\(module).\(slot)"
    return Hotplug(
      removal: .attribute("\(folder)/device\(slot)/present", "0", .remove, name),
      addition: .attribute("\(folder)/device\(slot)/present", "1", .scan, name))
  }
}

/// Tells the devices of the test module what to do.
struct FixtureControl: ConditionControl {
  private static let knobs = [
    "probe_ms", "remove_ms", "defer", "defer_ms", "add_ms",
  ]

  private let root: Directory?

  /// - Parameter root: of sysfs; nil to ask about conditions alone.
  init(_ root: Directory?) {
    self.root = root
  }

  func obstacle(to condition: Pattern.Condition) -> String? { nil }

  func arrange(_ conditions: [Pattern.Condition]) throws(SystemError) {
    try set(0, "supplier", conditions.contains(.consumerOfOther) ? 1 : -1)
    try set(1, "supplier", conditions.contains(.supplierOfOther) ? 0 : -1)
  }

  func arm(_ conditions: [Pattern.Condition]) throws(SystemError) {
    for condition in conditions {
      switch condition {
      case .slowProbe(let milliseconds): try set(0, "probe_ms", milliseconds)
      case .slowRemove(let milliseconds): try set(0, "remove_ms", milliseconds)
      case .otherSlowRemove(let milliseconds): try set(1, "remove_ms", milliseconds)
      case .slowAdd(let milliseconds): try set(0, "add_ms", milliseconds)
      case .deferring(let count, let milliseconds):
        try set(0, "defer_ms", milliseconds)
        try set(0, "defer", count)
      case .asynchronous, .synchronous, .otherDevice, .rivalLoaded, .rivalUnloaded,
        .consumerOfOther, .supplierOfOther, .driverOverride, .pci, .rescan:
        break
      }
    }
  }

  func relax() throws(SystemError) {
    for slot in 0...1 {
      for knob in Self.knobs { try set(slot, knob, 0) }
    }
  }

  func set(_ mode: RacedDriver.Mode, of driver: RacedDriver) throws(SystemError) {
    guard case .fixture(let folder) = driver.source else { return }
    try root?.write("\(folder)/async", mode == .asynchronous ? "1" : "0")
  }

  private func set(_ slot: Int, _ knob: String, _ value: Int) throws(SystemError) {
    try root?.write("\(Fixture.folder)/device\(slot)/\(knob)", "\(value)")
  }
}
