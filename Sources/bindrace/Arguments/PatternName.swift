internal import Races

/// The name of a pattern, its id, or a word for several.
enum PatternName {
  /// The name itself, if it is known.
  static func known(_ text: String) throws -> String {
    if Catalog.patterns(named: text) != nil { return text }
    let names = Catalog.patterns.map(\.name) + Catalog.groups
    throw WrongValue("is not a pattern: \(names.joined(separator: ", "))")
  }
}
