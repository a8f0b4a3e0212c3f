public import Evidence

/// One entry as it stands in the journal.
public struct JournalRecord: Sendable, Equatable {
  /// All fields by their names, those of journald too; of one that occurs twice, the last.
  public var fields: [String: String]
  /// When journald took it, in microseconds since 1970.
  public var realtime: Int64
  /// The same on CLOCK_MONOTONIC of `boot`.
  public var monotonic: Time
  /// The boot's id, 32 hexadecimal digits.
  public var boot: String

  public init(fields: [String: String], realtime: Int64, monotonic: Time, boot: String) {
    self.fields = fields
    self.realtime = realtime
    self.monotonic = monotonic
    self.boot = boot
  }

  public subscript(field: JournalField) -> String? { fields[field.rawValue] }

  /// Its kind; nil where it is none of bindrace's.
  public var message: JournalMessage? { self[.messageID].flatMap(JournalMessage.init) }

  /// True where root's bindrace wrote it, by what journald saw itself: whoever likes may send an entry of bindrace's
  /// kinds, but fields that begin with "_" are journald's alone (systemd.journal-fields(7)).
  public var isTrusted: Bool {
    guard fields["_UID"] == "0" else { return false }
    // A process that has ended when journald looks has none. A program that was replaced is "bindrace (deleted)".
    return fields["_EXE"].map { path in
      path.split(separator: "/").last.map { $0.hasPrefix("bindrace") } ?? false
    } ?? true
  }

  public var hostname: String? { fields["_HOSTNAME"] }

  /// When it happened, in microseconds since 1970: it can have waited for its delivery.
  public var happened: Int64 { self[.realtime].flatMap { Int64($0) } ?? realtime }

  /// The lines of a field that holds several; none where it is missing.
  public func lines(_ field: JournalField) -> [String] {
    (self[field] ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      .filter { !$0.isEmpty }
  }

  func time(_ field: JournalField) -> Time? {
    self[field].flatMap { Int64($0) }.map { Time(nanoseconds: $0) }
  }
}
