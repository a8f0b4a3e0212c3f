/// One pattern of the catalog, and whether this host can run it.
public struct PatternRow: Sendable, Equatable {
  /// What one thread does, a sentence for each step.
  public struct Thread: Sendable, Equatable {
    /// True where it only makes the kernel probe, and is no party of the race.
    public var isStimulus: Bool
    public var steps: [String]

    public init(isStimulus: Bool, steps: [String]) {
      self.isStimulus = isStimulus
      self.steps = steps
    }
  }

  public var id: String
  public var name: String
  /// What kind of race it is ("race", "control").
  public var kind: String
  /// What it is about, in one sentence.
  public var spirit: String
  /// The kernel functions that are raced.
  public var raced: [String]
  /// What a user who reads the verb's success would expect.
  public var expected: String
  /// The verdicts that it comes to where that does not hold.
  public var finds: [String]
  /// How device and driver are at the begin.
  public var start: String
  /// What else has to hold.
  public var conditions: [String]
  public var threads: [Thread]
  /// The wideners that help, the best first; empty where none is needed.
  public var widen: [String]
  /// Why this host cannot run it; nil where it can.
  public var obstacle: String?

  public init(
    id: String, name: String, kind: String, spirit: String, raced: [String], expected: String,
    finds: [String], start: String, conditions: [String], threads: [Thread], widen: [String],
    obstacle: String?
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.spirit = spirit
    self.raced = raced
    self.expected = expected
    self.finds = finds
    self.start = start
    self.conditions = conditions
    self.threads = threads
    self.widen = widen
    self.obstacle = obstacle
  }
}
