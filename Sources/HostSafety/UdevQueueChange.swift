internal import Evidence

/// That udevd begins no event (udevadm(8), `control --stop-exec-queue`). Nobody can ask whether it does,
/// so one that was told so by somebody else begins them again too.
public struct UdevQueueChange: Sendable, Equatable {
  public init() {}
}

extension UdevQueueChange: Reversible {
  static let kind = "udev-queue"

  var thing: String { "udev queue" }
  var summary: String { "udevd began events" }
  var fields: [[String]] { [] }

  init?(fields: [[String]]) {
    guard fields.isEmpty else { return nil }
  }

  /// How long it may be busy with other uevents.
  private static let patience: Duration = .seconds(120)

  func undo(on host: Host) throws(SystemError) -> Outcome {
    // One that starts anew begins events.
    guard host.hasUdevd else { return .gone }
    try host.actions.runUdevQueue(true, within: Self.patience)
    return .restored
  }
}
