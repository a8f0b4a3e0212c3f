internal import DriverModel

extension String {
  /// The items of a list, which white space parts. Quotation marks, double or single, enclose a whole
  /// item and are taken away (systemd.syntax(7)); a backslash is not special, as fnmatch(3) needs it.
  /// Nil where a quotation mark stands elsewhere, or is not closed.
  var words: [String]? {
    var words: [String] = []
    var rest = utf8[...]
    while true {
      rest = rest.drop { $0.isSpace }
      guard let first = rest.first else { return words }
      if first.isQuote {
        let word = rest.dropFirst().prefix { $0 != first }
        rest = rest[word.endIndex...].dropFirst()
        guard word.endIndex != utf8.endIndex, rest.first?.isSpace != false else { return nil }
        words.append(String(Substring(word)))
      } else {
        let word = rest.prefix { !$0.isSpace }
        rest = rest[word.endIndex...]
        if word.contains(where: \.isQuote) { return nil }
        words.append(String(Substring(word)))
      }
    }
  }

  /// What was perhaps meant.
  func nearest(among names: [String]) -> String? {
    // Nothing is like what is very long, and looking for it takes time.
    guard !isEmpty, utf8.count <= 64 else { return nil }
    return names.first { $0.lowercased() == lowercased() }
      ?? DriverModel.nearest(to: self, among: names)
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0d }
  fileprivate var isQuote: Bool { self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") }
}
