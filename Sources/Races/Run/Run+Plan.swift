internal import DriverModel
internal import Evidence

/// What a run would do: which pattern on which target, with which widener.
extension Run {
  /// One pattern on one target.
  struct Entry {
    let pattern: Pattern
    let target: String
    let source: Source
  }

  /// Where the device comes from.
  enum Source {
    case device(Device)
    /// The run makes it.
    case provider(any Provider.Type)
    /// Nothing here can be raced by this pattern.
    case nothing(reason: String)
  }

  struct Obstacle: Error {
    let reason: String
  }

  /// All patterns on all targets. Throws what is not there.
  func plan() throws(TargetError) -> [Entry] {
    if options.targets.isEmpty { return planWithoutTargets() }
    var entries: [Entry] = []
    for target in options.targets {
      if case .provider(let name) = target {
        guard let provider = Providers.named(name) else {
          throw TargetError(
            target: "\(target)", problem: "the providers are: \(Providers.names)")
        }
        entries += wanted.compactMap { pattern in
          let reason = provider.obstacle(to: pattern)
          if reason != nil && isWhateverFits { return nil }
          return Entry(
            pattern: pattern, target: "\(target)",
            source: reason.map { .nothing(reason: $0) } ?? .provider(provider))
        }
        continue
      }
      let devices = try sysfs.devices(of: target)
      if devices.isEmpty {
        throw TargetError(target: "\(target)", problem: "the driver has no devices")
      }
      for device in devices {
        entries += wanted.map {
          Entry(pattern: $0, target: device.target, source: .device(device))
        }
      }
    }
    return entries
  }

  private var wanted: [Pattern] { options.patterns ?? Catalog.patterns }

  /// True where the user named no pattern.
  var isWhateverFits: Bool { options.patterns == nil }

  /// Each pattern on the first devices that can be made for it; where none is named, those that need
  /// nothing but the first provider.
  private func planWithoutTargets() -> [Entry] {
    if isWhateverFits {
      return wanted.filter { ScsiDebug.obstacle(to: $0) == nil }.map {
        Entry(
          pattern: $0, target: "provider:\(ScsiDebug.name)", source: .provider(ScsiDebug.self))
      }
    }
    let choice = ProviderChoice(sysfs)
    return wanted.map { pattern in
      if let provider = choice.provider(for: pattern) {
        return Entry(
          pattern: pattern, target: "provider:\(provider.name)", source: .provider(provider))
      }
      return Entry(
        pattern: pattern, target: "-",
        source: .nothing(reason: choice.obstacle(to: pattern) ?? "nothing to race"))
    }
  }

  /// What lengthens the window of an entry, or why nothing asked for can.
  func widener(for entry: Entry) -> Result<Widener, Obstacle> {
    if case .nothing(let reason) = entry.source { return .failure(Obstacle(reason: reason)) }
    switch options.widen {
    case .one(let wanted):
      // A pattern without a window has nothing to widen, and one that is won by the order of waiting
      // for a lock is not won without.
      guard entry.pattern.wideners.contains(where: { $0 != .none }) else { return .success(.none) }
      if entry.pattern.wideners == [.lock] { return .success(.lock) }
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
    case .none, .lock: return nil
    case .add:
      return WorkqueueMask.hasTwoCPUs
        ? nil : Obstacle(reason: "the widener add needs two usable CPUs")
    case .cpu: return WorkqueueMask.obstacle(sysfs).map(Obstacle.init)
    case .saturate:
      if case .provider(let provider) = entry.source, provider == ScsiDebug.self { return nil }
      return Obstacle(reason: "the widener saturate needs provider:scsi_debug")
    }
  }
}

extension Run.Entry {
  /// The driver of the device when the plan was made.
  var driver: String {
    if case .device(let device) = source { return device.driver ?? "" }
    return ""
  }
}
