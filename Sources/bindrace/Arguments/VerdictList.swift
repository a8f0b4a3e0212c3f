internal import Evidence

/// Verdicts by their names, separated by commas.
enum VerdictList {
  /// What `--fail-on` can name.
  static func failing(_ text: String) throws -> [Verdict] {
    try list(text, of: Columns.canFail, "can fail")
  }

  /// What `report --verdict` can name.
  static func reported(_ text: String) throws -> [Verdict] {
    try list(text, of: Columns.canFail, "is written to the journal")
  }

  /// What `--note` can name.
  static func noted(_ text: String) throws -> [Verdict] {
    try list(text, of: Columns.canBeNoted, "can be a note")
  }

  private static func list(_ text: String, of right: [Verdict], _ role: String) throws -> [Verdict]
  {
    try CommaList.read(text) { name in
      if let verdict = Verdict(rawValue: name), right.contains(verdict) { return verdict }
      throw WrongValue(
        "is not a verdict that \(role): \(right.map(\.rawValue).joined(separator: ", "))")
    }
  }
}
