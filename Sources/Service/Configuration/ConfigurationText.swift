/// A configuration file's text, read as systemd.syntax(7) has it: sections, `Key=Value`, comments that
/// begin with # or ;, and lines that a backslash at their end joins with the next.
///
/// What the keys mean is not known here. All errors are collected; what can be read beside them is.
struct ConfigurationText {
  struct Section: Equatable {
    /// Nil for what comes before the first header.
    var name: String?
    /// That of its header, from 1.
    var line: Int
    var entries: [Entry] = []
  }

  struct Entry: Equatable {
    var key: String
    /// Without white space around it; empty for `Key=`.
    var value: String
    /// The first of its lines, from 1.
    var line: Int
  }

  /// Bytes of a file.
  static let limit = 1 << 20
  /// Bytes of a line, with what is joined to it.
  static let lineLimit = 1 << 16

  /// For messages.
  let file: String
  /// In the order of the file; a name can come twice.
  private(set) var sections: [Section] = []
  private(set) var errors = ConfigurationErrors()

  init(_ bytes: [UInt8], file: String) {
    self.file = file
    guard bytes.count <= Self.limit else {
      errors.add(
        ConfigurationError(file: file, problem: "larger than \(Self.limit >> 20) MiB, so not read"))
      return
    }
    var joined: Line?
    let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let bytes = index == 0 ? bytes.withoutByteOrderMark : bytes
      let line = Line(bytes.last == 0x0d ? bytes.dropLast() : bytes, number: index + 1)
      // A comment between joined lines is passed over too.
      if line.isComment && line.fault == nil { continue }
      if joined == nil { joined = line } else { joined?.append(line) }
      if line.isContinued {
        joined?.replaceBackslash()
      } else if let whole = joined {
        read(whole)
        joined = nil
      }
    }
    // The file ends behind a backslash.
    if let joined { read(joined) }
  }

  private mutating func read(_ line: Line) {
    func fault(_ problem: String) {
      errors.add(
        ConfigurationError(
          file: file, line: line.number, subject: line.fault == nil ? line.text.quoted : nil,
          problem: problem))
    }
    if let problem = line.fault { return fault(problem) }
    let text = line.text
    if text.isEmpty { return }
    if text.hasPrefix("[") {
      guard text.hasSuffix("]") else {
        return fault("a section's header is [Name], alone on its line")
      }
      sections.append(Section(name: String(text.dropFirst().dropLast()), line: line.number))
      return
    }
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      return fault("neither Key=Value, a [Section], nor a comment, which begins with #")
    }
    let key = String(text[..<equals]).trimmed
    if key.isEmpty { return fault("there is no key before the =") }
    if sections.isEmpty { sections.append(Section(name: nil, line: line.number)) }
    let value = String(text[text.utf8.index(after: equals)...]).trimmed
    sections[sections.count - 1].entries.append(Entry(key: key, value: value, line: line.number))
  }
}

/// One line, or several joined.
private struct Line {
  var bytes: [UInt8]
  /// Of the first.
  let number: Int

  init(_ bytes: ArraySlice<UInt8>, number: Int) {
    self.bytes = Array(bytes)
    self.number = number
  }

  private var isTooLong: Bool { bytes.count > ConfigurationText.lineLimit }

  /// Why it cannot be read.
  var fault: String? {
    if isTooLong { return "longer than \(ConfigurationText.lineLimit >> 10) KiB" }
    if bytes.contains(0) { return "holds a NUL byte" }
    return String(validating: bytes, as: UTF8.self) == nil ? "is not UTF-8" : nil
  }

  var isComment: Bool {
    let first = bytes.first { !isSpace($0) }
    return first == UInt8(ascii: "#") || first == UInt8(ascii: ";")
  }

  /// True where a backslash ends it that no other one escapes.
  var isContinued: Bool {
    bytes.reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
  }

  var text: String { String(decoding: bytes, as: UTF8.self).trimmed }

  mutating func replaceBackslash() {
    if bytes.last == UInt8(ascii: "\\") { bytes[bytes.count - 1] = 0x20 }
  }

  mutating func append(_ next: Line) {
    // What is too long already need not grow.
    if !isTooLong { bytes += next.bytes }
  }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

extension String {
  /// Without white space around it.
  fileprivate var trimmed: String {
    let bytes = utf8.drop(while: isSpace)
    return String(
      Substring(bytes.prefix(bytes.count - bytes.reversed().prefix(while: isSpace).count)))
  }
}

extension ArraySlice<UInt8> {
  fileprivate var withoutByteOrderMark: ArraySlice<UInt8> {
    starts(with: [0xef, 0xbb, 0xbf]) ? dropFirst(3) : self
  }
}
