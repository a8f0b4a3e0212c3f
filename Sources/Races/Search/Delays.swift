internal import Evidence
internal import Glibc

/// Where a cycle's delays come from: the search, or the schedule of an earlier run.
struct Delays {
  private enum Source {
    case search(DelaySearch)
    case replay([[Int64]])
  }

  private let pattern: Pattern
  private var source: Source
  /// What was used so far, the cycle under way included.
  private(set) var schedule: Schedule

  /// Nil where the pattern leaves nothing to search.
  ///
  /// - Parameter replay: the delays of an earlier run to repeat, from its begin again where there are
  ///   more cycles; those that it lacks are zero. Nil or empty to search.
  init?(_ pattern: Pattern, seed: UInt64, replay: [[Int64]]?) {
    let dimensions = pattern.searchedDelays
    if dimensions == 0 { return nil }
    self.pattern = pattern
    if let replay, !replay.isEmpty {
      source = .replay(replay)
    } else {
      source = .search(DelaySearch(seed: seed, dimensions: dimensions))
    }
    schedule = Schedule(seed: seed, delays: [])
  }

  /// The delays of the next cycle, as many as the pattern has.
  mutating func next() -> [Int64] {
    var delays: [Int64]
    switch source {
    case .search(var search):
      delays = search.next()
      source = .search(search)
    case .replay(let all):
      delays = all[schedule.delays.count % all.count]
    }
    delays = (0..<pattern.searchedDelays).map { $0 < delays.count ? max(0, delays[$0]) : 0 }
    schedule.delays.append(delays)
    return delays
  }

  /// Takes what came of the last delays.
  mutating func learn(_ results: RacerResults, _ evidence: CycleEvidence, isHit: Bool) {
    guard case .search(var search) = source, let delays = schedule.delays.last else { return }
    let event = pattern.event(in: results)
    search.learn(
      delays, DelaySearch.Outcome(evidence.racedVerbs, isHit: isHit),
      event.flatMap { Sections(since: $0, evidence) })
    source = .search(search)
  }
}

extension Pattern {
  /// When the first thread saw what it waited for; nil where none did.
  fileprivate func event(in results: RacerResults) -> Time? {
    var first: Time?
    for (thread, done) in zip(threads, results.steps) {
      for (step, result) in zip(thread.steps, done) {
        guard case .await = step, result.error == 0, let end = result.end else { continue }
        first = min(first ?? end, end)
      }
    }
    return first
  }
}

extension CycleEvidence {
  /// In the order of the threads, and without what made the kernel probe.
  fileprivate var racedVerbs: [VerbRecord] {
    verbs.filter { $0.verb == .bind || $0.verb == .unbind }
  }
}

extension DelaySearch.Outcome {
  /// A race that lacked its last verb alone was near. Others say of themselves on which side they were:
  /// what is not there or not ready yet (EAGAIN of `__driver_probe_device()`) came early, and what
  /// finds a driver attached (EBUSY of `device_driver_attach()`) late.
  init(_ verbs: [VerbRecord], isHit: Bool) {
    let others = verbs.dropLast()
    if isHit {
      self = .hit
    } else if !others.isEmpty && others.allSatisfy(\.succeeded) {
      self = .near
    } else {
      switch verbs.first?.errno {
      case EAGAIN, ENODEV, ENOENT: self = .early
      case EBUSY: self = .late
      default: self = .missed
      }
    }
  }
}

extension Sections {
  /// Nil where no verb was done.
  init?(since event: Time, _ evidence: CycleEvidence) {
    let verbs = evidence.racedVerbs
    guard let first = verbs.map(\.start).min(), let last = verbs.compactMap(\.end).max() else {
      return nil
    }
    let helper = evidence.trace.last {
      $0.point == .deviceHelperReturn || $0.point == .driverHelperReturn
    }
    self.init(stimulus: helper.map { max(0, $0.time - event) } ?? 0, racing: last - first)
  }
}
