internal import Evidence

/// Verdicts by their names, separated by commas.
enum VerdictList {
  /// What `--fail-on` can name.
  static func failing(_ text: String) throws -> [Verdict] {
    try list(text, of: Columns.canFail, "can fail")
  }

  /// What `--note` can name.
  static func noted(_ text: String) throws -> [Verdict] {
    try list(text, of: Columns.canBeNoted, "can be a note")
  }

  private static func list(_ text: String, of right: [Verdict], _ role: String) throws -> [Verdict]
  {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return try names.map { name in
      if let verdict = Verdict(rawValue: name), right.contains(verdict) { return verdict }
      let which = names.count == 1 ? "is not" : "has '\(name)', which is not"
      throw WrongValue(
        "\(which) a verdict that \(role): \(right.map(\.rawValue).joined(separator: ", "))")
    }
  }
}
