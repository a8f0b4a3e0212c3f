internal import Glibc

/// What the hits of a row prove, and what they lack for a pass.
extension PatternResult {
  /// Something that a pass needs and the row does not have.
  public enum Shortfall: Sendable, Equatable {
    /// A race has fewer hits than it needs.
    case hits(Int, needed: Int)
    /// A control missed so many of its cycles that nobody may call it undisturbed.
    case misses(Int, cycles: Int)
    /// It ended before all its cycles were done, for that reason.
    case endedEarly(String)
    /// So many cycles had no verdict.
    case inconclusive(Int)
    /// So many cycles ended in a hang, which leaves open what the verb would have done.
    case hangs(Int)
  }

  /// What keeps it from being part of a pass; empty where nothing does, or where it was skipped.
  public func shortfalls(_ columns: Columns) -> [Shortfall] {
    guard skipReason == nil else { return [] }
    var found: [Shortfall] = []
    if let endedEarly { found.append(.endedEarly(endedEarly)) }
    if isDecisive, cycles > 0 || endedEarly == nil, hits < max(hitsNeeded, 1) {
      found.append(.hits(hits, needed: max(hitsNeeded, 1)))
    }
    if kind == .control, cycles > 0, Self.areTooMany(cycles - hits, of: cycles) {
      found.append(.misses(cycles - hits, cycles: cycles))
    }
    let inconclusive = count(.inconclusive, columns)
    if inconclusive > 0 { found.append(.inconclusive(inconclusive)) }
    if let hangs = verdicts[.hang], hangs > 0 { found.append(.hangs(hangs)) }
    return found
  }

  /// The rate of failures per hit above which its clean hits exclude any, at 95%: n independent hits without
  /// a failure exclude a rate above 1 - 0.05^(1/n).
  ///
  /// Nil where they exclude none: there is no clean hit, something failed, or the delays were searched, so
  /// that the hits are not independent.
  public func excludedRate(_ columns: Columns) -> Double? {
    let clean = verdicts[.clean] ?? 0
    guard clean > 0, count(.fail, columns) == 0, delays.isEmpty else { return nil }
    return 1 - pow(Self.doubt, 1 / Double(clean))
  }

  /// What 95% leave.
  private static let doubt = 0.05
  /// A control whose misses are certainly more frequent is no control any more.
  private static let mostMisses = 0.1

  /// True where the lower bound at 95% of the rate of misses is above a tenth: where a tenth would lead to
  /// so many, or more, less often than once in twenty times (Clopper and Pearson's bound).
  private static func areTooMany(_ misses: Int, of cycles: Int) -> Bool {
    guard Double(misses) > mostMisses * Double(cycles) else { return false }
    var tail = 0.0
    for count in misses...cycles {
      let ways =
        lgamma(Double(cycles + 1)) - lgamma(Double(count + 1)) - lgamma(Double(cycles - count + 1))
      tail += exp(
        ways + Double(count) * log(mostMisses) + Double(cycles - count) * log(1 - mostMisses))
      if tail >= doubt { return false }
    }
    return true
  }
}
