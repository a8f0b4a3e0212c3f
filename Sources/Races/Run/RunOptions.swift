public import DriverModel
public import Evidence
public import HostSafety

/// What a run shall do.
public struct RunOptions: Sendable {
  /// How the window is lengthened.
  public enum Widen: Sendable, Equatable {
    /// The best that the host allows and the pattern can use.
    case auto
    case one(Widener)
  }

  /// How much is raced.
  public enum Amount: Sendable, Equatable {
    /// Cycles of each pattern on each target.
    case cycles(Int)
    /// The whole run, shared evenly.
    case duration(Duration)
  }

  /// None races devices that the run makes itself.
  public var targets: [Target] = []
  /// Nil races what fits the targets, and says nothing of what does not.
  public var patterns: [Pattern]?
  /// Ids of those patterns that were asked for by themselves, not by a word for several.
  public var named: Set<String> = []
  public var amount: Amount = .duration(.seconds(60))
  /// Hits that a pass needs of each race, or all its cycles where these are fewer.
  public var minHits = 10
  /// How long to wait for a late attach where asynchronous work cannot be drained.
  public var window: Duration = .milliseconds(500)
  /// How long a verb may take.
  public var deadline: Duration = .seconds(30)
  public var widen: Widen = .auto
  /// Nil takes the strongest that the host allows.
  public var evidence: EvidenceLevel?
  /// Bytes.
  public var ueventBuffer = 128 << 20
  /// Targets that are raced although they are in use, exactly as named.
  public var allowInUse: [Target] = []
  /// Which devices may be raced; what is denied stays so even where `allowInUse` names it.
  public var lists = DeviceLists()
  /// What to repeat, instead of all patterns on all targets; its wideners are what is wanted.
  public var replay: [ReplayEntry]?

  public init() {}
}

/// What the caller of a run sees and says while it runs.
public struct RunObserver {
  /// Where the run is.
  public struct Step: Sendable {
    public var pattern: String
    public var target: String
    public var cycle: Int
    public var hits: Int
    public var findings: Int
  }

  public var progress: (Step) -> Void
  /// Something to tell the user that is no result.
  public var note: (String) -> Void
  /// True when the run shall end early.
  public var isInterrupted: () -> Bool
  /// Takes the evidence of each cycle.
  public var evidence: (CycleEvidence, _ pattern: String, _ cycle: Int) throws -> Void
  /// Takes what the run comes to, as soon as it is known.
  public var event: (RunEvent) -> Void

  public init(
    progress: @escaping (Step) -> Void, note: @escaping (String) -> Void,
    isInterrupted: @escaping () -> Bool,
    evidence: @escaping (CycleEvidence, _ pattern: String, _ cycle: Int) throws -> Void,
    event: @escaping (RunEvent) -> Void = { _ in }
  ) {
    self.progress = progress
    self.note = note
    self.isInterrupted = isInterrupted
    self.evidence = evidence
    self.event = event
  }
}

/// Why no run came about: there is nothing to judge.
public struct RunFailure: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) {
    self.description = description
  }
}
