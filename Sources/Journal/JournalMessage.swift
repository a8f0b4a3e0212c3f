/// The kinds of journal entries, by their MESSAGE_ID (sd-id128(3)). `systemd/bindrace.catalog`
/// explains each.
public enum JournalMessage: String, Sendable, CaseIterable {
  /// A finding that fails the run, or leaves it inconclusive.
  case finding = "fe76d69493ec4e22b90864e66b5514ea"
  /// A finding whose verdict is only noted.
  case note = "1f723e162d4d463f9d9fca0539ac8190"
  case patternSummary = "03fdb1438c7440fd938d7d20a6faf566"
  case runStart = "9e8ed2c8c7874903a27fce0d7add59d6"
  case runEnd = "2c4f95e761544abdbc145d9d25a62773"
  case restore = "185b336382cc46259d52c35e8c201026"
  case evidenceLost = "328af8e60c6d48d59f80ab2d3f99cdde"
  /// Entries were dropped, or findings could not be kept until they were delivered.
  case entriesLost = "4dbb89d5afd84af594cddbed7208f0fe"
  case daemonStarted = "fd77a8728d8e4ef1bcfc1e7bcfba79f6"
  case daemonStopped = "e213ebbb0cc54634a89394742bf05f24"
  case configurationRejected = "cb94969a8552499baa45b99abb5fc0b8"
  /// The bounds of the configuration leave a device out.
  case deviceLeftOut = "0b03abf23f99400e9313229ec23e1978"
  /// What the daemon only watches was not seen for a while.
  case watchLost = "09f2893d6dd948d0b07ccf53c56bbee1"
  /// The daemon sees again after it did not.
  case watchAgain = "006ce0c164fc4128956122992a1d58e7"

  /// A word for it, for programs.
  public var name: String {
    switch self {
    case .finding: "finding"
    case .note: "note"
    case .patternSummary: "pattern"
    case .runStart: "run-start"
    case .runEnd: "run-end"
    case .restore: "restore"
    case .evidenceLost: "evidence-lost"
    case .entriesLost: "entries-lost"
    case .daemonStarted: "daemon-started"
    case .daemonStopped: "daemon-stopped"
    case .configurationRejected: "configuration-rejected"
    case .deviceLeftOut: "device-left-out"
    case .watchLost: "watch-lost"
    case .watchAgain: "watch-again"
    }
  }

  /// The value of MESSAGE_ID.
  public var id: String { rawValue }
}

/// How urgent an entry is (syslog(3)).
public enum JournalPriority: Int, Sendable {
  case err = 3
  case warning = 4
  case notice = 5
  case info = 6
}
