/// The result of one run (docs/driver-core.md, "Results").
public struct RunResult: Sendable, Equatable {
  public enum Conclusion: String, Sendable, Codable {
    case pass, fail, inconclusive, skip
  }

  public var run: String
  public var seed: UInt64
  /// `uname -r` and `uname -v`: two kernels of one release can differ in what they do.
  public var kernelRelease: String
  public var kernelVersion: String
  public var level: EvidenceLevel
  /// Why the level is not `trace`, where that was wanted; nil where it is.
  public var untraced: String?
  /// How each fact was told; empty without a trace.
  public var facts: [FactSource] = []
  public var loss: EvidenceLoss
  public var patterns: [PatternResult]
  public var findings: [Finding]
  /// False when something could not be put back.
  public var isRestored: Bool
  /// True when the user ended the run early.
  public var isInterrupted: Bool
  /// Which verdicts fail this run.
  public var columns: Columns

  public init(
    run: String, seed: UInt64, kernelRelease: String, kernelVersion: String, level: EvidenceLevel
  ) {
    self.run = run
    self.seed = seed
    self.kernelRelease = kernelRelease
    self.kernelVersion = kernelVersion
    self.level = level
    loss = EvidenceLoss()
    patterns = []
    findings = []
    isRestored = true
    isInterrupted = false
    columns = Columns()
  }

  /// A failing verdict outweighs all; a pass needs whole `trace` evidence, and of every row that ran what
  /// `PatternResult.shortfalls` asks for.
  public var conclusion: Conclusion {
    let ran = patterns.filter { $0.cycles > 0 }
    if patterns.contains(where: { $0.count(.fail, columns) > 0 }) { return .fail }
    if ran.isEmpty {
      return patterns.contains { $0.skipReason == nil } || isInterrupted ? .inconclusive : .skip
    }
    let isProven =
      level == .trace && !loss.isAnythingLost && !isInterrupted
      && patterns.allSatisfy { $0.shortfalls(columns).isEmpty }
      && ran.contains { $0.isDecisive }
    return isProven ? .pass : .inconclusive
  }
}

/// One pattern on one target.
public struct PatternResult: Sendable, Equatable {
  /// What is expected of its cycles: of a race, that some reach their order; of a control, that nearly all do.
  public enum Kind: String, Sendable, Codable {
    case race, control
  }

  public var id: String
  public var name: String
  /// BUS/NAME.
  public var target: String
  public var driver: String
  public var widen: String
  public var kind = Kind.race
  /// Hits that a pass needs of it.
  public var hitsNeeded = 1
  /// False where a pass does not need its hits: a race that is known to be reached seldom, and that nobody
  /// asked for by its name.
  public var isDecisive = true
  /// What made the device for the run; nil for one that was there.
  public var provider: String?
  /// What makes the driver probe asynchronously where it is not known to by itself, in a few words; nil
  /// where nothing does.
  public var asynchronousBy: String?
  /// Why it did not run at all; nil when it ran.
  public var skipReason: String?
  /// Why it ended before all its cycles were done; nil where it did not.
  public var endedEarly: String?
  public var cycles = 0
  public var hits = 0
  public var seconds = 0.0
  public var verdicts: [Verdict: Int] = [:]
  /// The searched delays of each cycle, in nanoseconds and in the order of their numbers; empty
  /// where the pattern has none. Of a dry run: those that are planned.
  public var delays: [[Int64]] = []

  public init(
    id: String, name: String, target: String, driver: String, widen: String,
    skipReason: String? = nil
  ) {
    self.id = id
    self.name = name
    self.target = target
    self.driver = driver
    self.widen = widen
    self.skipReason = skipReason
  }

  /// Cycles whose verdict counts in that column.
  public func count(_ weight: Verdict.Weight, _ columns: Columns) -> Int {
    verdicts.reduce(0) { $0 + (columns.weight(of: $1.key) == weight ? $1.value : 0) }
  }
}
