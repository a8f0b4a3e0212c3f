/// One line of a ledger: fields parted by tabs, each a list of words parted by spaces.
///
/// No list and the list of one empty word are told apart, so a field can hold an optional.
enum Line {
  static func encode(_ fields: [[String]]) -> String {
    fields.map { $0.map(escape).joined(separator: " ") }.joined(separator: "\t")
  }

  /// Nil where it is damaged.
  static func decode(_ line: Substring) -> [[String]]? {
    var fields: [[String]] = []
    for field in line.split(separator: "\t", omittingEmptySubsequences: false) {
      var words: [String] = []
      if !field.isEmpty {
        for word in field.split(separator: " ", omittingEmptySubsequences: false) {
          guard let word = unescape(String(word)) else { return nil }
          words.append(word)
        }
      }
      fields.append(words)
    }
    return fields
  }

  /// Writes every byte that is not a printable ASCII character as %XX; "%" alone is no byte at all.
  static func escape(_ text: String) -> String {
    if text.isEmpty { return "%" }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "%") {
        bytes.append(byte)
      } else {
        let digits = Array("0123456789ABCDEF".utf8)
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func unescape(_ word: String) -> String? {
    if word == "%" { return "" }
    var bytes: [UInt8] = []
    var rest = Array(word.utf8)[...]
    if rest.isEmpty { return nil }
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
