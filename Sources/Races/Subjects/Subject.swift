internal import DriverModel
internal import Evidence

/// What a pattern is raced on: a device and its driver, a second of each where there is one, and how
/// each thing that a pattern asks for is done to them.
struct Subject {
  var device: Device
  var driver: RacedDriver
  /// A second device of the driver.
  var other: Device?
  /// A second driver that matches the devices.
  var rival: RacedDriver?
  /// How the device goes and comes; nil where it cannot.
  var hotplug: Hotplug?
  /// The same of the second one.
  var otherHotplug: Hotplug?
  /// The write that makes the bus probe all its devices again, or look for new ones; nil where it
  /// has none.
  var rescan: VerbWrite?
  /// What makes probes slow, deferred, and so on.
  var conditions: any ConditionControl = NoConditions()
  /// Devices that the run made itself.
  var made: Set<String> = []

  var target: String { device.target }

  /// Why the pattern cannot run on this; nil where it can.
  func obstacle(to pattern: Pattern, hasOverride: Bool) -> String? {
    switch pattern.start {
    case .absent, .absentAndDriverUnloaded:
      if hotplug == nil {
        return "the bus \(device.bus) has no way to remove a device and find it again"
      }
    case .driverUnloaded:
      break
    case .bound, .unbound:
      break
    }
    if [.driverUnloaded, .absentAndDriverUnloaded].contains(pattern.start),
      case .fixed(let reason) = driver.source
    {
      return "\(reason) and cannot be loaded again"
    }
    // Without async_probe=1 a load ends when all probes have (do_init_module()).
    if pattern.unloads, driver.module != nil, driver.ownMode == .asynchronous {
      return "a module cannot be unloaded before its load has ended, and that waits for its probes"
    }
    for condition in pattern.conditions {
      if let obstacle = obstacle(to: condition, hasOverride: hasOverride) { return obstacle }
    }
    if pattern.removes && hotplug == nil {
      return "the bus \(device.bus) has no way to remove a device and find it again"
    }
    return nil
  }

  private func obstacle(to condition: Pattern.Condition, hasOverride: Bool) -> String? {
    switch condition {
    case .asynchronous: driver.obstacle(to: .asynchronous)
    case .synchronous: driver.obstacle(to: .synchronous)
    case .otherDevice: other == nil ? "it needs a second device of the driver" : nil
    case .rivalLoaded, .rivalUnloaded:
      rival == nil ? "it needs a second driver that matches the device" : nil
    case .driverOverride: hasOverride ? nil : "the bus \(device.bus) has no driver_override"
    case .pci: device.bus == "pci" ? nil : "it needs a PCI device"
    case .rescan: rescan == nil ? "the bus \(device.bus) cannot be made to probe again" : nil
    case .slowProbe, .slowRemove, .otherSlowRemove, .deferring, .slowAdd,
      .consumerOfOther, .supplierOfOther:
      conditions.obstacle(to: condition)
    }
  }
}

extension Pattern {
  /// The mode that the raced driver is loaded in; nil where it does not matter.
  var mode: RacedDriver.Mode? {
    if conditions.contains(.asynchronous) { return .asynchronous }
    if conditions.contains(.synchronous) { return .synchronous }
    return nil
  }

  /// True where a thread unloads the driver.
  var unloads: Bool { threads.contains { $0.steps.contains(.unload(.raced)) } }

  /// True where a thread removes the device.
  var removes: Bool { threads.contains { $0.steps.contains(.remove) } }

  /// True where the device is removed, be it before the race.
  var takesAway: Bool { removes || [.absent, .absentAndDriverUnloaded].contains(start) }
}
