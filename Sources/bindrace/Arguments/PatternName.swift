/// The name of a pattern, its id, or a word for several.
enum PatternName {
  /// Words for several patterns.
  static let groups = ["all", "controls"]

  /// Ids and names of the catalog. While it is empty every name is taken.
  static let catalog: [String] = []

  /// The name itself, if it is known.
  static func known(_ text: String) throws -> String {
    if catalog.isEmpty || catalog.contains(text) || groups.contains(text) { return text }
    throw WrongValue("is not a pattern (bindrace patterns lists them), all or controls")
  }
}
