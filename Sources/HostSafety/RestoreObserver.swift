/// What the caller of a restore sees and says while it works.
public struct RestoreObserver {
  /// Each step, as soon as it is certain.
  public var step: (RestoreStep) -> Void
  /// Something to tell that is no step.
  public var note: (String) -> Void
  /// True when it shall end after the step that it is in. What is left stays in the ledger.
  public var isInterrupted: () -> Bool

  public init(
    step: @escaping (RestoreStep) -> Void = { _ in },
    note: @escaping (String) -> Void = { _ in },
    isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.step = step
    self.note = note
    self.isInterrupted = isInterrupted
  }
}
