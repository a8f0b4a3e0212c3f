internal import Evidence

extension JournalEntry {
  /// The daemon watches, and races from now on.
  public static func daemonStarted(run: String, version: String, about text: String)
    -> JournalEntry
  {
    JournalEntry(
      .daemonStarted, .info, "bindrace \(version) started: \(text)",
      [.run: run, .version: version])
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
