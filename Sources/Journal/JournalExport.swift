/// An entry as bytes, in journald's export format (systemd.io/JOURNAL_EXPORT_FORMATS): what
/// `systemd-journal-remote` reads too. The empty line at the end tells a whole entry from one that
/// was cut off.
enum JournalExport {
  static func encode(_ entry: JournalEntry) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in entry.allValues {
      bytes += Array(value.field.rawValue.utf8)
      let text = Array(value.text.utf8)
      if text.contains(0x0a) {
        bytes.append(0x0a)
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * shift))) }
      } else {
        bytes.append(UInt8(ascii: "="))
      }
      bytes += text + [0x0a]
    }
    return bytes + [0x0a]
  }

  /// Nil where the bytes are damaged, or of a bindrace that knows more fields.
  static func decode(_ bytes: [UInt8]) -> JournalEntry? {
    var rest = bytes[...]
    var values: [JournalEntry.Value] = []
    while let byte = rest.first, byte != 0x0a {
      guard let value = value(&rest) else { return nil }
      values.append(value)
    }
    guard rest.count == 1 else { return nil }
    return JournalEntry(values)
  }

  private static func value(_ rest: inout ArraySlice<UInt8>) -> JournalEntry.Value? {
    guard let end = rest.firstIndex(where: { $0 == 0x0a || $0 == UInt8(ascii: "=") }),
      let name = String(validating: rest[..<end], as: UTF8.self),
      let field = JournalField(rawValue: name)
    else { return nil }
    let isLong = rest[end] == 0x0a
    rest = rest[(end + 1)...]
    var length = rest.firstIndex(of: 0x0a).map { $0 - rest.startIndex }
    if isLong {
      guard rest.count >= 8 else { return nil }
      let size = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      rest = rest.dropFirst(8)
      length = Int(exactly: size)
    }
    guard let length, length < rest.count, rest[rest.startIndex + length] == 0x0a,
      let text = String(validating: rest.prefix(length), as: UTF8.self)
    else { return nil }
    rest = rest.dropFirst(length + 1)
    return JournalEntry.Value(field, text)
  }
}

extension JournalEntry {
  /// Nil where a field that every entry has is missing or unknown.
  fileprivate init?(_ values: [Value]) {
    let heads: [JournalField] = [.message, .messageID, .priority, .identifier]
    func text(_ field: JournalField) -> String? { values.first { $0.field == field }?.text }
    guard let message = text(.messageID).flatMap(JournalMessage.init),
      let sentence = text(.message),
      let priority = text(.priority).flatMap({ Int($0) }).flatMap(JournalPriority.init)
    else { return nil }
    self.init(message, priority, sentence)
    for value in values where !heads.contains(value.field) { self[value.field] = value.text }
  }
}
