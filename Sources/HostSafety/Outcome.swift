public import Evidence

/// What became of one entry of a ledger.
public enum Outcome: Sendable, Equatable, CustomStringConvertible {
  case restored
  /// It was as before; nothing was written.
  case alreadyRight
  /// Somebody else changed it meanwhile; nothing was written. The reason is a short phrase.
  case leftAlone(String)
  /// The device is not there any more.
  case gone
  /// The entry is of another boot and ended with it.
  case expired
  /// It could not be put back; its entry stays open.
  case failed(SystemError)

  public var description: String {
    switch self {
    case .restored: "restored"
    case .alreadyRight: "already right"
    case .leftAlone(let reason): "left alone: \(reason)"
    case .gone: "gone"
    case .expired: "of another boot"
    case .failed(let error): "failed: \(error)"
    }
  }

  public var isFailure: Bool {
    if case .failed = self { true } else { false }
  }
}

/// What became of one entry, and of which run it was.
public struct RestoreStep: Sendable, Equatable {
  public var run: String
  public var change: Change
  public var outcome: Outcome

  public init(run: String, change: Change, outcome: Outcome) {
    self.run = run
    self.change = change
    self.outcome = outcome
  }
}
