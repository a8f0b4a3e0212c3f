/// The delays that a run used, or would begin with: nanoseconds, for each cycle those of its searched
/// steps in the order of their numbers.
public struct Schedule: Sendable, Codable, Equatable {
  public var seed: UInt64
  public var delays: [[Int64]]

  public init(seed: UInt64, delays: [[Int64]]) {
    self.seed = seed
    self.delays = delays
  }

  /// What every run of that seed begins with. What comes later depends on what hits.
  public static func opening(_ pattern: Pattern, seed: UInt64) -> Schedule {
    var search = DelaySearch(seed: seed, dimensions: pattern.searchedDelays)
    let cycles = pattern.searchedDelays == 0 ? 0 : DelaySearch.openingCycles
    return Schedule(seed: seed, delays: (0..<cycles).map { _ in search.next() })
  }
}

extension Pattern {
  /// How many delays the search sets.
  public var searchedDelays: Int {
    threads.flatMap(\.steps).reduce(0) { count, step in
      if case .searched(let number) = step { max(count, number + 1) } else { count }
    }
  }
}
