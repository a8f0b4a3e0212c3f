internal import DriverModel
internal import Evidence

/// What a run would do: which pattern on which target, with which widener.
extension Run {
  /// One pattern on one target.
  struct Entry {
    let pattern: Pattern
    let target: String
    /// Nil where the run makes the device.
    let device: Device?
    let provider: String?
  }

  struct Obstacle: Error {
    let reason: String
  }

  /// All patterns on all targets. Throws what is not there.
  func plan() throws(TargetError) -> [Entry] {
    var entries: [Entry] = []
    for target in options.targets {
      if case .provider(let name) = target {
        guard name == ScsiDebug.name else {
          throw TargetError(target: "\(target)", problem: "the provider there is: scsi_debug")
        }
        entries += options.patterns.map {
          Entry(pattern: $0, target: "\(target)", device: nil, provider: name)
        }
        continue
      }
      let devices = try sysfs.devices(of: target)
      if devices.isEmpty {
        throw TargetError(target: "\(target)", problem: "the driver has no devices")
      }
      for device in devices {
        entries += options.patterns.map {
          Entry(pattern: $0, target: device.target, device: device, provider: nil)
        }
      }
    }
    return entries
  }

  /// What lengthens the window of an entry, or why nothing asked for can.
  func widener(for entry: Entry) -> Result<Widener, Obstacle> {
    switch options.widen {
    case .one(let wanted):
      // A pattern without a window has nothing to widen.
      guard entry.pattern.wideners.contains(where: { $0 != .none }) else { return .success(.none) }
      guard entry.pattern.wideners.contains(wanted) else {
        return .failure(
          Obstacle(reason: "the widener \(wanted.rawValue) does not fit this pattern"))
      }
      return obstacle(wanted, entry).map { .failure($0) } ?? .success(wanted)
    case .auto:
      // Saturation needs minutes, so it is taken only where it was asked for.
      let possible = entry.pattern.wideners.first {
        $0 != .saturate && obstacle($0, entry) == nil
      }
      return .success(possible ?? .none)
    }
  }

  private func obstacle(_ widener: Widener, _ entry: Entry) -> Obstacle? {
    switch widener {
    case .none, .lock, .add: nil
    case .cpu: WorkqueueMask.obstacle(sysfs).map(Obstacle.init)
    case .saturate:
      entry.provider == nil
        ? Obstacle(reason: "the widener saturate needs provider:scsi_debug") : nil
    }
  }
}
