internal import DriverModel
internal import Evidence
internal import Races
internal import Reports

/// What of an earlier result is raced again.
struct Replay {
  let seed: UInt64
  let entries: [ReplayEntry]

  private typealias Recorded = (entry: EarlierResult.Entry, replayed: ReplayEntry)

  /// Reads the result at `path`. The names of patterns, the targets and the widener that a user gave
  /// choose and override. Throws wrong usage that names what does not fit.
  init(
    _ path: String, patterns: [String], targets: [Target], widen: RunOptions.Widen
  ) throws(Failure) {
    let result: EarlierResult
    do {
      result = try EarlierResult(try InputFile.bytes(path))
    } catch let problem as EarlierResult.Problem {
      throw Self.wrong("--replay: '\(path)' \(problem)")
    } catch {
      throw Self.wrong("--replay: \(error)")
    }
    var recorded: [Recorded] = []
    for entry in result.entries {
      do {
        recorded.append((entry, try ReplayEntry(entry, widen)))
      } catch {
        throw Self.wrong("--replay: '\(path)' has \(error)")
      }
    }
    recorded = try Self.chosen(recorded, patterns)
    recorded = try Self.chosen(recorded, targets)
    seed = result.seed
    entries = Self.worthRepeating(recorded)
  }

  /// Up to the last finding, as what follows showed nothing; where nothing was found, all.
  private static func worthRepeating(_ recorded: [Recorded]) -> [ReplayEntry] {
    let found = recorded.compactMap { entry, replayed in
      entry.lastFinding.map { last in
        var replayed = replayed
        replayed.cycles = last
        replayed.delays = Array(replayed.delays.prefix(last))
        return replayed
      }
    }
    return found.isEmpty ? recorded.map(\.replayed) : found
  }

  private static func chosen(_ recorded: [Recorded], _ names: [String]) throws(Failure)
    -> [Recorded]
  {
    let ids = names.map { Catalog.patterns(named: $0)?.map(\.id) ?? [] }
    for (name, ids) in zip(names, ids)
    where !recorded.contains(where: { ids.contains($0.entry.id) }) {
      throw wrong(
        "--pattern: '\(name)' had not run there: \(listed(recorded.map(\.replayed.pattern.name)))")
    }
    return names.isEmpty ? recorded : recorded.filter { ids.joined().contains($0.entry.id) }
  }

  private static func chosen(_ recorded: [Recorded], _ targets: [Target]) throws(Failure)
    -> [Recorded]
  {
    for target in targets where !recorded.contains(where: { target.means($0.entry) }) {
      throw wrong(
        "TARGET: '\(target)' had not been raced there: \(listed(recorded.map(\.entry.target)))")
    }
    return targets.isEmpty
      ? recorded
      : recorded.filter { recorded in targets.contains { $0.means(recorded.entry) } }
  }

  /// Each once, in the order of their first appearance.
  private static func listed(_ names: [String]) -> String {
    names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.element)
      .joined(separator: ", ")
  }

  private static func wrong(_ text: String) -> Failure {
    Failure(.usage, text + " (bindrace stress --help)")
  }
}

extension ReplayEntry {
  /// Throws what of the entry this bindrace does not know.
  fileprivate init(_ entry: EarlierResult.Entry, _ widen: RunOptions.Widen) throws(WrongValue) {
    guard let pattern = Catalog.patterns(named: entry.id)?.first(where: { $0.id == entry.id })
    else {
      throw WrongValue("a pattern '\(entry.id)', which is none of this bindrace")
    }
    guard let recorded = Widener(rawValue: entry.widen) else {
      throw WrongValue("a widener '\(entry.widen)', which is none of this bindrace")
    }
    let name = entry.provider.map { "provider:\($0)" } ?? entry.target
    guard let target = try? Target(name) else {
      throw WrongValue("a target '\(name)', which is none")
    }
    let widener = if case .one(let wanted) = widen { wanted } else { recorded }
    self.init(
      pattern: pattern, target: target, widen: widener, cycles: entry.cycles,
      delays: entry.delays)
  }
}

extension Target {
  /// True where this is what the entry was raced on.
  fileprivate func means(_ entry: EarlierResult.Entry) -> Bool {
    switch self {
    case .device, .provider:
      "\(self)" == entry.target || self == entry.provider.map { .provider($0) }
    case .driver(let bus, let name): entry.target.hasPrefix(bus + "/") && entry.driver == name
    // Both kinds of path, below devices and below bus, end with the device's name.
    case .path(let path): path.split(separator: "/").last == entry.target.split(separator: "/").last
    }
  }
}
