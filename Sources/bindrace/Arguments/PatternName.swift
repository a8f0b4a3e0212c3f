internal import ArgumentParser
internal import Races

/// The name of a pattern, its id, or a word for several.
enum PatternName {
  /// The names themselves, if all are known.
  static func known(_ text: String) throws -> [String] {
    try CommaList.read(text) { name in
      if Catalog.patterns(named: name) != nil { return name }
      throw WrongValue(problem)
    }
  }

  /// What is wrong with one that is not known, and what would be right.
  static var problem: String { "is not a pattern: \(names.joined(separator: ", "))" }

  /// For the shell.
  static var completion: CompletionKind { .list(names) }

  private static var names: [String] { Catalog.patterns.map(\.name) + Catalog.groups }
}
