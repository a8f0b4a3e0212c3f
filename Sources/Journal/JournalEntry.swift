internal import Evidence

/// One entry of the journal, before it is written: a kind, a sentence, and fields in order.
public struct JournalEntry: Sendable, Equatable {
  public struct Value: Sendable, Equatable {
    public let field: JournalField
    public let text: String

    init(_ field: JournalField, _ text: String) {
      self.field = field
      self.text = text
    }
  }

  /// What SYSLOG_IDENTIFIER says.
  public static let identifier = "bindrace"

  public let message: JournalMessage
  public let priority: JournalPriority
  /// One sentence, one line.
  public let text: String
  /// The fields of bindrace's own.
  public private(set) var values: [Value]

  /// Fields without a value, or with an empty one, are left out.
  public init(
    _ message: JournalMessage, _ priority: JournalPriority, _ text: String,
    _ values: KeyValuePairs<JournalField, String?> = [:]
  ) {
    self.message = message
    self.priority = priority
    self.text = text.printable
    self.values = values.compactMap { field, text in
      text.flatMap { $0.isEmpty ? nil : Value(field, $0) }
    }
  }

  public subscript(field: JournalField) -> String? {
    get { values.first { $0.field == field }?.text }
    set {
      values.removeAll { $0.field == field }
      if let newValue { values.append(Value(field, newValue)) }
    }
  }

  /// Everything that is sent.
  public var allValues: [Value] {
    [
      Value(.message, text), Value(.messageID, message.id),
      Value(.priority, "\(priority.rawValue)"),
      Value(.identifier, Self.identifier),
    ] + values
  }

  /// True for what is kept on disk until the journal has it.
  public var isFinding: Bool { message == .finding || message == .note }

  /// The entry where no journal takes it: its sentence, and of a finding who attached the driver, how
  /// long after, and with which stack.
  public var lines: [String] {
    guard isFinding else { return [text] }
    var lines = ["\(self[.verdict] ?? message.id): \(text)"]
    if let function = self[.function] ?? self[.command] {
      let after = self[.after].flatMap(Int64.init).map { readable(nanoseconds: $0) + " after, " }
      let who = [self[.command], self[.pid].map { "pid \($0)" }].compactMap { $0 }
      lines.append("  \(after ?? "")by \(function) (\(who.joined(separator: ", ")))")
    }
    if let what = self[.asynchronousBy] { lines.append("  asynchronous by \(what) alone") }
    for field in [JournalField.stack, .writerStack, .log] {
      lines += (self[field] ?? "").split(separator: "\n").map { "    \($0)" }
    }
    return lines
  }
}

extension [String] {
  /// The lines as one value; nil where there are none.
  var journalText: String? { isEmpty ? nil : map(\.printable).joined(separator: "\n") }
}
