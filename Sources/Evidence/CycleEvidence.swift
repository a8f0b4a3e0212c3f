/// Everything that was recorded of one cycle: the only input of a verdict.
public struct CycleEvidence: Sendable, Codable, Equatable {
  public var level: EvidenceLevel
  /// The bus of the device raced, and its name on it.
  public var bus: String
  public var name: String
  public var driver: String
  /// The device's path below /sys ("/devices/…").
  public var devpath: String
  /// Threads and children of bindrace that could write a verb in this cycle.
  public var ownProcesses: [Int32]
  public var verbs: [VerbRecord]
  /// How long a verb may take, in nanoseconds.
  public var deadline: Int64
  public var trace: [TraceRecord]
  public var uevents: [Uevent]
  public var loss: EvidenceLoss
  /// True when every async probe had finished before the evidence was collected.
  public var isDrained: Bool
  /// What the `driver` link named at the end; nil where there was none.
  public var driverAtEnd: String?
  /// What it named when the recording began; nil where there was none.
  public var driverAtStart: String?
  /// The name of the pattern's second device on the same bus; nil where it has none.
  public var other: String?
  /// The pattern's second driver; nil where it has none.
  public var rival: String?
  /// Facts that may have come about without a record: its absence says nothing. Nil where there are none.
  public var untold: [UntoldFact]?
  /// Why nobody knows that every async probe had finished, as a sentence; nil where `isDrained`.
  public var undrained: String?
  /// The kernel log and the taint; nil in a cycle that was recorded before they were read.
  public var kernel: KernelEvidence?

  public init(
    level: EvidenceLevel, bus: String, name: String, driver: String, devpath: String,
    ownProcesses: [Int32], verbs: [VerbRecord], deadline: Int64, trace: [TraceRecord],
    uevents: [Uevent],
    loss: EvidenceLoss, isDrained: Bool, driverAtEnd: String?,
    driverAtStart: String? = nil, other: String? = nil, rival: String? = nil,
    untold: [UntoldFact]? = nil, undrained: String? = nil, kernel: KernelEvidence? = nil
  ) {
    self.level = level
    self.bus = bus
    self.name = name
    self.driver = driver
    self.devpath = devpath
    self.ownProcesses = ownProcesses
    self.verbs = verbs
    self.deadline = deadline
    self.trace = trace
    self.uevents = uevents
    self.loss = loss
    self.isDrained = isDrained
    self.driverAtEnd = driverAtEnd
    self.driverAtStart = driverAtStart
    self.other = other
    self.rival = rival
    self.untold = untold
    self.undrained = undrained
    self.kernel = kernel
  }
}
