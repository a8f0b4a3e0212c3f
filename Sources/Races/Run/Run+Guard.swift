internal import DriverModel
internal import Evidence
internal import HostSafety

/// What a run must not race: what is in use, what is denied, what is not allowed.
extension Run {
  /// The rows of a run in which nothing may be raced; nil where something may. Then nothing is recorded
  /// either: the host would feel the probes for nothing.
  func refusedRows(_ entries: [Entry]) -> [PatternResult]? {
    var rows: [PatternResult] = []
    // By the device's path: to look at the host takes its time.
    var reasons: [String: String] = [:]
    for entry in entries {
      var row = blankResult(entry)
      do {
        row.widen = try fittingWidener(entry).rawValue
        guard case .device(let device) = entry.source else { return nil }
        let reason = try reasons[device.devpath] ?? reasonNotRaced(device)
        guard let reason else { return nil }
        reasons[device.devpath] = reason
        row.skipReason = reason
      } catch RunStop.skip(let reason) {
        row.skipReason = reason
      } catch {
        // The race itself says what is wrong.
        return nil
      }
      rows.append(row)
    }
    return rows
  }

  private func reasonNotRaced(_ device: Device) throws -> String? {
    do {
      _ = try present(device)
      return nil
    } catch RunStop.skip(let reason) {
      return reason
    }
  }

  /// The device as it is now: it may have gone, or have another driver, since the plan was made. Throws
  /// why it is not raced.
  func present(_ device: Device) throws -> Device {
    guard let now = try sysfs.device(bus: device.bus, name: device.name) else {
      throw RunStop.skip("\(device.target) is not there")
    }
    try guardAgainstUse(now)
    return now
  }

  /// Looks afresh at all that a race touches: the device, a second one, and whoever is unbound so that
  /// the device goes, which takes all its children along. What else a driver that is unloaded has is
  /// `Guard.reasonNotUnloadable`'s.
  func guardAgainstUse(_ pattern: Pattern, _ subject: Subject) throws {
    let drivers = Set(
      [subject.driver, subject.rival].compactMap { $0.map { "\($0.bus)/\($0.name)" } })
    let raced = [subject.device, subject.other].compactMap(\.self)
    let (made, foreign) = (
      raced.filter { subject.made.contains($0.devpath) },
      raced.filter { !subject.made.contains($0.devpath) }
    )
    for device in foreign { try guardAgainstUse(device, drivers) }
    for device in made { try refuse(lists.reasonDenied(device, drivers: drivers, in: sysfs)) }
    if !subject.made.isEmpty {
      let inUse = deviceGuard.look()
      for devpath in subject.made.sorted() {
        if let reason = inUse.reasonOfMade(devpath) { throw RunStop.skip("in use: \(reason)") }
      }
    }
    if pattern.takesAway, let parent = subject.hotplug?.parent { try guardAgainstUse(parent) }
  }

  /// Looks afresh whether a device may be raced. `--allow-in-use` names one target, exactly; what is
  /// denied it does not open.
  ///
  /// - Parameter drivers: those that a race attaches to it, BUS/DRIVER.
  private func guardAgainstUse(_ device: Device, _ drivers: Set<String> = []) throws {
    try refuse(lists.reasonDenied(device, drivers: drivers, in: sysfs))
    try refuse(lists.reasonNotAllowed(device, drivers: drivers))
    if allowedInUse.allow.contains(where: { DeviceLists.names($0, device) }) { return }
    if let reason = deviceGuard.reasonInUse(device.devpath) {
      throw RunStop.skip("in use: \(reason)")
    }
  }

  private func refuse(_ reason: String?) throws {
    if let reason { throw RunStop.skip(reason) }
  }
}
