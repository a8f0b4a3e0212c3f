/// How long both sides of a race took, in nanoseconds from the event that the race waits for.
///
/// A delay has to reach as far as the longer one, and no further: beyond it nothing overlaps.
public struct Sections: Sendable, Equatable {
  /// The stimulus' side: until the kernel's own probe had ended.
  public var stimulus: Int64
  /// The racing side: from its first verb to the end of its last.
  public var racing: Int64

  public init(stimulus: Int64, racing: Int64) {
    self.stimulus = stimulus
    self.racing = racing
  }

  var span: Int64 { max(stimulus, racing) }
}
