public import DriverModel
internal import Evidence

/// What a run would do: which pattern on which target, with which widener.
extension Run {
  /// One pattern on one target.
  struct Entry {
    let pattern: Pattern
    let target: String
    let source: Source
    let widen: RunOptions.Widen
    /// The race of an earlier run that this one repeats.
    var replayed: ReplayEntry?
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
    if let replay = options.replay { return try plan(replay) }
    if options.targets.isEmpty { return planWithoutTargets() }
    var entries: [Entry] = []
    for target in options.targets {
      for source in try sources(target) {
        entries += wanted.compactMap { entry($0, "\(target)", source) }
      }
    }
    return entries
  }

  /// How many races there are at most.
  public func raceCount() throws(TargetError) -> Int { try plan().count }

  private func plan(_ replay: [ReplayEntry]) throws(TargetError) -> [Entry] {
    var entries: [Entry] = []
    for replayed in replay {
      for source in try sources(replayed.target) {
        entries.append(
          Entry(
            pattern: replayed.pattern, target: "\(replayed.target)", source: source,
            widen: .one(replayed.widen), replayed: replayed))
      }
    }
    return entries
  }

  /// The devices that a target means, or what makes them.
  private func sources(_ target: Target) throws(TargetError) -> [Source] {
    if case .provider(let name) = target {
      guard let provider = Providers.named(name) else {
        throw TargetError(target: "\(target)", problem: "the providers are: \(Providers.names)")
      }
      return [.provider(provider)]
    }
    let devices = try sysfs.devices(of: target)
    if devices.isEmpty {
      throw TargetError(target: "\(target)", problem: "the driver has no devices")
    }
    return devices.map { .device($0) }
  }

  /// Nil where it does not fit, and the user has not named the pattern.
  private func entry(_ pattern: Pattern, _ target: String, _ source: Source) -> Entry? {
    switch source {
    case .device(let device):
      return Entry(pattern: pattern, target: device.target, source: source, widen: options.widen)
    case .provider(let provider):
      let reason = provider.obstacle(to: pattern)
      if reason != nil && isWhateverFits { return nil }
      return Entry(
        pattern: pattern, target: target,
        source: reason.map { .nothing(reason: $0) } ?? source, widen: options.widen)
    case .nothing:
      return Entry(pattern: pattern, target: target, source: source, widen: options.widen)
    }
  }

  private var wanted: [Pattern] { options.patterns ?? Catalog.patterns }

  /// True where the user named no pattern.
  var isWhateverFits: Bool { options.patterns == nil }

  /// Each pattern on the first devices that can be made for it; where none is named, those that need
  /// nothing but the first provider.
  private func planWithoutTargets() -> [Entry] {
    if isWhateverFits {
      let target = "provider:\(ScsiDebug.name)"
      return wanted.compactMap { entry($0, target, .provider(ScsiDebug.self)) }
    }
    let choice = ProviderChoice(sysfs)
    return wanted.compactMap { pattern in
      guard let provider = choice.provider(for: pattern) else {
        let reason = choice.obstacle(to: pattern) ?? "nothing to race"
        return entry(pattern, "-", .nothing(reason: reason))
      }
      return entry(pattern, "provider:\(provider.name)", .provider(provider))
    }
  }

  /// What lengthens the window of an entry, or why nothing asked for can.
  func widener(for entry: Entry) -> Result<Widener, Obstacle> {
    if case .nothing(let reason) = entry.source { return .failure(Obstacle(reason: reason)) }
    switch entry.widen {
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
      let wanted = entry.pattern.wideners.filter { $0 != .saturate }
      if let possible = wanted.first(where: { obstacle($0, entry) == nil }) {
        return .success(possible)
      }
      // A pattern that puts the mask back in its midst is not raced where it cannot be narrowed.
      return wanted.first.flatMap { obstacle($0, entry) }.map { .failure($0) } ?? .success(.none)
    }
  }

  private func obstacle(_ widener: Widener, _ entry: Entry) -> Obstacle? {
    switch widener {
    case .none, .lock, .add: return nil
    case .cpu: return WorkqueueMask.obstacle(sysfs).map(Obstacle.init)
    case .saturate:
      if case .provider(let provider) = entry.source, provider == ScsiDebug.self { return nil }
      return Obstacle(reason: "the widener saturate needs provider:scsi_debug")
    }
  }
}

extension Run.Entry {
  /// The driver of the device when the plan was made.
  fileprivate var driver: String {
    if case .device(let device) = source { return device.driver ?? "" }
    return ""
  }

  /// The bus that it is raced on; nil where nothing is.
  var bus: String? {
    switch source {
    case .device(let device): device.bus
    case .provider(let provider): provider.bus
    case .nothing: nil
    }
  }

}

extension Run {
  /// What is known of the result of an entry before anything was raced.
  func blankResult(_ entry: Entry) -> PatternResult {
    let pattern = entry.pattern
    var row = PatternResult(
      id: pattern.id, name: pattern.name, target: entry.target, driver: entry.driver,
      widen: "none")
    row.kind = pattern.kind
    row.isDecisive =
      !pattern.isNarrow || entry.replayed != nil || options.named.contains(pattern.id)
    if pattern.kind == .race {
      row.hitsNeeded = min(options.minHits, cycles(of: entry) ?? options.minHits)
    }
    if case .provider(let provider) = entry.source { row.provider = provider.name }
    return row
  }
}
