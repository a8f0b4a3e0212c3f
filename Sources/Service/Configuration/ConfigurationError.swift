/// What is wrong in the configuration: where, with what, and what would be right.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path of the file.
  public var file: String
  /// From 1; nil where it is about the whole file.
  public var line: Int?
  /// What is wrong, as it is written: "Cycles='0'"; nil where the problem says it.
  public var subject: String?
  public var problem: String

  init(file: String, line: Int? = nil, subject: String? = nil, problem: String) {
    self.file = file
    self.line = line
    self.subject = subject
    self.problem = problem
  }

  /// One line: "/etc/bindrace/bindrace.conf:12: Cycles='0': not a whole number from 1 to 10000".
  public var description: String {
    let place = file.onOneLine + (line.map { ":\($0)" } ?? "")
    return [place, subject, problem].compactMap(\.self).joined(separator: ": ")
  }
}

/// All that is wrong in the configuration; never empty when thrown.
public struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is no configuration at all has a fault in each line; more than these helps nobody.
  static let most = 100

  public private(set) var errors: [ConfigurationError] = []
  /// How many more there are.
  public private(set) var more = 0

  public var isEmpty: Bool { errors.isEmpty }

  /// A line for each.
  public var description: String {
    let lines = errors.map(\.description) + (more > 0 ? ["and \(more) more"] : [])
    return lines.joined(separator: "\n")
  }

  mutating func add(_ error: ConfigurationError) {
    if errors.count < Self.most { errors.append(error) } else { more += 1 }
  }

  mutating func add(_ others: ConfigurationErrors) {
    for error in others.errors { add(error) }
    more += others.more
  }

  /// Brings those of a file together, in the order of its lines; `files` come in their own.
  mutating func sort(by files: [String]) {
    let places = errors.enumerated().map { index, error in
      (files.firstIndex(of: error.file) ?? -1, error.line ?? 0, index)
    }
    errors = places.sorted(by: <).map { errors[$0.2] }
  }
}

extension String {
  /// As a message can show it: in quotes, on one line, not too long.
  var quoted: String {
    let most = 100
    let short = unicodeScalars.prefix(most)
    let isCut = short.endIndex != unicodeScalars.endIndex
    return "'\(String(short).onOneLine)\(isCut ? "…" : "")'"
  }

  /// Without what would move a terminal's cursor or break a line.
  fileprivate var onOneLine: String {
    unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
