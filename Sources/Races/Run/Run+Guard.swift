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
    try ask(Gate.Question([(now, [])]))
    return now
  }

  /// Asks the gate for all that a race touches: the device, a second one, and whoever is unbound so that the
  /// device goes, which takes all its children along. What else a driver that is unloaded has is
  /// `Guard.reasonNotUnloadable`'s.
  ///
  /// - Returns: until when the answer holds.
  @discardableResult
  func guardAgainstUse(_ pattern: Pattern, _ subject: Subject) throws -> Time {
    let drivers = Set(
      [subject.driver, subject.rival].compactMap { $0.map { "\($0.bus)/\($0.name)" } })
    let raced = [subject.device, subject.other].compactMap(\.self)
    var question = Gate.Question([], madeByRun: subject.made)
    for device in raced {
      if subject.made.contains(device.devpath) {
        question.made.append((device, drivers))
      } else {
        question.devices.append((try now(device), drivers))
      }
    }
    if pattern.takesAway, let parent = subject.hotplug?.parent {
      question.devices.append((try now(parent), []))
    }
    return try ask(question)
  }

  /// The device as it is now; as it was where a race has taken it away.
  private func now(_ device: Device) throws -> Device {
    try sysfs.device(bus: device.bus, name: device.name) ?? device
  }

  @discardableResult
  private func ask(_ question: Gate.Question) throws -> Time {
    switch gate.ask(question) {
    case .open(let until): return until
    case .closed(let reason): throw RunStop.skip(reason)
    }
  }
}
