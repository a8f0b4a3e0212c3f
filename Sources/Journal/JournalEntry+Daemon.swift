public import Evidence

extension JournalEntry {
  /// The daemon watches, and races from now on.
  ///
  /// - Parameters:
  ///   - text: what it does, in words.
  ///   - evidence: what its watch rests on.
  ///   - reason: the same in words, and why where it is not the trace.
  public static func daemonStarted(
    run: String, version: String, about text: String, evidence: EvidenceLevel,
    because reason: String
  ) -> JournalEntry {
    JournalEntry(
      .daemonStarted, evidence == .trace ? .info : .warning,
      "bindrace \(version) started: \(text); \(reason)",
      [
        .run: run, .version: version, .evidence: evidence.rawValue,
        .reason: evidence == .trace ? nil : reason.printable,
      ])
  }

  /// What is only watched is seen again.
  public static func watchAgain(run: String, reason: String, evidence: EvidenceLevel)
    -> JournalEntry
  {
    JournalEntry(
      .watchAgain, .notice, "All is seen again: \(reason).",
      [.run: run, .reason: reason.printable, .evidence: evidence.rawValue])
  }

  public static func daemonStopped(run: String, reason: String) -> JournalEntry {
    JournalEntry(
      .daemonStopped, .info, "bindrace stopped: \(reason)",
      [.run: run, .reason: reason.printable])
  }

  /// A configuration was not taken; the one before stays, where there is one.
  public static func configurationRejected(run: String, path: String, reason: String)
    -> JournalEntry
  {
    JournalEntry(
      .configurationRejected, .err, "The configuration was rejected: \(path): \(reason)",
      [.run: run, .path: path.printable, .reason: reason.printable])
  }

  /// A device is not raced, or not any more, because of a bound.
  public static func deviceLeftOut(run: String, device: String, reason: String) -> JournalEntry {
    JournalEntry(
      .deviceLeftOut, .notice, "\(device) is left out: \(reason)",
      [.run: run, .device: device.printable, .reason: reason.printable])
  }

  /// Entries were dropped or could not be kept.
  static func entriesLost(run: String, dropped: Int, reason: String) -> JournalEntry {
    JournalEntry(
      .entriesLost, .warning, reason,
      [
        .run: run, .dropped: dropped == 0 ? nil : "\(dropped)", .reason: reason.printable,
      ])
  }
}
