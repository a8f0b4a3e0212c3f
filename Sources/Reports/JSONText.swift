internal import FoundationEssentials

/// Encodes every document of bindrace alike: pretty printed, sorted keys, a newline at the end.
func jsonText(_ document: some Encodable) throws -> String {
  try encoded(document, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
}

/// The same in one line, for who reads documents as they come.
func jsonTextLine(_ document: some Encodable) throws -> String {
  try encoded(document, [.sortedKeys, .withoutEscapingSlashes])
}

private func encoded(
  _ document: some Encodable, _ formatting: JSONEncoder.OutputFormatting
) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = formatting
  return String(decoding: try encoder.encode(document), as: UTF8.self).withoutHighControls + "\n"
}

extension String {
  /// JSON text that is safe on a terminal: JSON has to escape what is below U+0020 alone, and a terminal may
  /// obey U+0080 to U+009F too. Outside of strings there are none.
  fileprivate var withoutHighControls: String {
    guard unicodeScalars.contains(where: \.isHighControl) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.isHighControl ? "\\u00" + String(scalar.value, radix: 16) : String(scalar)
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isHighControl: Bool { (0x7f...0x9f).contains(value) }
}

/// A value that is written as null where there is none; a plain optional would be left out.
struct OrNull<Value: Encodable>: Encodable {
  private let value: Value?

  init(_ value: Value?) {
    self.value = value
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value {
      try container.encode(value)
    } else {
      try container.encodeNil()
    }
  }
}
