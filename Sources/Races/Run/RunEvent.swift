public import Evidence

/// Something that a run comes to.
public enum RunEvent: Sendable {
  /// Also of those that the result only counts.
  case finding(Finding)
  /// A pattern is done on a target. Where it comes twice, the later one counts.
  case pattern(PatternResult)
  /// `place` is in words; the cycle is nil between cycles.
  case evidenceLost(EvidenceLoss, place: String, pattern: String?, cycle: Int?)
  /// How many changes were put back, and what was not, each in a line.
  case restored(done: Int, failures: [String])
}
