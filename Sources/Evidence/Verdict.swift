/// What one cycle showed (docs/driver-core.md, "Verdicts"), worst first.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  case hang
  case kernelWarning = "kernel-warning"
  case lateAsyncAttach = "late-async-attach"
  case lateDeferredAttach = "late-deferred-attach"
  case lateAttach = "late-attach"
  case falseSuccess = "false-success"
  case wrongDetach = "wrong-detach"
  case overrideBypassed = "override-bypassed"
  case autoprobeBypassed = "autoprobe-bypassed"
  case attachAfterRemove = "attach-after-remove"
  case inconclusive
  case attachAfterRefusal = "attach-after-refusal"
  case foreignAttach = "foreign-attach"
  case collateral
  case missed
  case clean

  /// The column a verdict counts in.
  public enum Weight: Sendable { case pass, counted, note, inconclusive, fail }

  /// Its own column; a run can move it to another (`Columns`).
  public var weight: Weight {
    switch self {
    case .clean: .pass
    case .missed: .counted
    case .attachAfterRefusal, .collateral, .foreignAttach: .note
    case .inconclusive: .inconclusive
    case .hang, .kernelWarning, .lateAsyncAttach, .lateDeferredAttach, .lateAttach, .falseSuccess,
      .wrongDetach, .overrideBypassed, .autoprobeBypassed, .attachAfterRemove:
      .fail
    }
  }
}
