internal import DriverModel
public import Evidence
internal import HostSafety

/// What a run would do, found by the checks that it makes itself, as far as they only read.
extension Run {
  /// What would be raced, without changing anything.
  ///
  /// A disk is not opened for it, and a module that would have to be loaded first is not known.
  public func dryRun() throws -> RunResult {
    let inUse = deviceGuard.look()
    var made: [String: String?] = [:]
    for entry in try plan() {
      var row = blankResult(entry)
      do {
        let widener = try fittingWidener(entry)
        row.widen = widener.rawValue
        row.cycles = cycles(of: entry) ?? 0
        row.delays = plannedDelays(of: entry, widener)
        if case .provider(let provider) = entry.source {
          let obstacle = made[provider.name] ?? provider.obstacle(sysfs)
          made[provider.name] = obstacle
          if let obstacle { throw RunStop.skip(obstacle) }
        }
        if case .device(let device) = entry.source {
          row.driver = try foreseen(entry.pattern, on: device, inUse)
        }
      } catch RunStop.unfit(let reason) {
        if isWhateverFits { continue }
        row.skipReason = reason
      } catch RunStop.skip(let reason) {
        row.skipReason = reason
      }
      result.patterns.append(row)
    }
    return result
  }

  /// The driver that would be raced; empty where its module is not loaded. Throws why the pattern would not
  /// run.
  private func foreseen(_ pattern: Pattern, on device: Device, _ inUse: InUse) throws -> String {
    if let reason = lists.reasonDenied(device, in: sysfs) ?? lists.reasonNotAllowed(device) {
      throw RunStop.skip(reason)
    }
    let isAllowed = allowedInUse.allow.contains { DeviceLists.names($0, device) }
    if !isAllowed, let reason = inUse.reason(device.devpath) {
      throw RunStop.skip("in use: \(reason)")
    }
    guard let subject = try SubjectFinder(sysfs: sysfs).foreseen(device) else { return "" }
    let hasOverride = sysfs.hasDriverOverride(device)
    if let obstacle = subject.obstacle(to: pattern, hasOverride: hasOverride) {
      throw RunStop.unfit(obstacle)
    }
    if pattern.takesAway, !isAllowed, let parent = subject.hotplug?.parent,
      let reason = inUse.reason(parent.devpath)
    {
      throw RunStop.skip("in use: \(reason)")
    }
    return subject.driver.name
  }

  /// What a run of this seed begins with; what comes later depends on what hits.
  private func plannedDelays(of entry: Entry, _ widener: Widener) -> [[Int64]] {
    if widener != .none { return [] }
    if let replayed = entry.replayed { return replayed.delays }
    let opening = Schedule.opening(entry.pattern, seed: result.seed).delays
    return Array(opening.prefix(cycles(of: entry) ?? opening.count))
  }
}
