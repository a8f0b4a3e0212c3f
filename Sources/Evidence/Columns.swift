/// In which column each verdict counts: its own, but for those that were moved for one run.
public struct Columns: Sendable, Equatable {
  /// Verdicts that fail this run, in the order of `Verdict`.
  public let failOn: [Verdict]
  /// Verdicts that are only noted in this run, in the order of `Verdict`.
  public let note: [Verdict]

  /// What can be made to fail: a clean cycle and a missed one show nothing that could.
  public static let canFail = Verdict.allCases.filter { $0 != .clean && $0 != .missed }
  /// What can be made a note. Lost evidence is never a pass.
  public static let canBeNoted = canFail.filter { $0 != .inconclusive }

  /// What cannot be moved stays where it is; what is in both lists fails.
  public init(failOn: [Verdict] = [], note: [Verdict] = []) {
    self.failOn = Self.canFail.filter { failOn.contains($0) }
    self.note = Self.canBeNoted.filter { note.contains($0) && !failOn.contains($0) }
  }

  public func weight(of verdict: Verdict) -> Verdict.Weight {
    if failOn.contains(verdict) { return .fail }
    return note.contains(verdict) ? .note : verdict.weight
  }

  /// The verdict that a cycle counts under: of those in the heaviest column the worst. Nil where
  /// there is none.
  public func worst(of verdicts: [Verdict]) -> Verdict? {
    let weights: [Verdict.Weight] = [.fail, .inconclusive, .note, .counted, .pass]
    let ordered = Verdict.allCases.filter { verdicts.contains($0) }
    for weight in weights {
      if let worst = ordered.first(where: { self.weight(of: $0) == weight }) { return worst }
    }
    return nil
  }
}
