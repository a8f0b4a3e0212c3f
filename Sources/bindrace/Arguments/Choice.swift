internal import ArgumentParser

/// An option that takes one of a few words.
protocol Choice: CaseIterable, RawRepresentable, CustomStringConvertible
where RawValue == String {}

extension Choice {
  var description: String { rawValue }

  /// The value that `text` names.
  static func named(_ text: String) throws -> Self {
    guard let value = Self(rawValue: text) else {
      throw WrongValue("is not one of \(allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return value
  }

  /// "text|json", for the help.
  static var words: String { allCases.map(\.rawValue).joined(separator: "|") }

  /// For the shell.
  static var completion: CompletionKind { .list(allCases.map(\.rawValue)) }
}

/// How a result is written.
enum ResultFormat: String, Choice, Sendable {
  case text, json
}

/// What lengthens the window.
enum WidenChoice: String, Choice, Sendable {
  case auto, none, cpu, saturate, lock, add
}

/// How strong the evidence has to be.
enum EvidenceChoice: String, Choice, Sendable {
  case auto, trace, uevent, sysfs
}
