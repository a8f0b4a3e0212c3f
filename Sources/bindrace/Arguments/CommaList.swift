internal import DriverModel

/// A list on the command line: items separated by commas, in one value or in several of the same option.
enum CommaList {
  /// Reads each item; what is wrong names the one that is, where there are others.
  static func read<Item>(_ text: String, _ item: (String) throws -> Item) throws -> [Item] {
    try read(text.split(separator: ",", omittingEmptySubsequences: false).map(String.init), item)
  }

  /// The same for targets, whose names can hold commas: one ends where what follows is a target by itself.
  static func readTargets<Item>(_ text: String, _ item: (String) throws -> Item) throws -> [Item] {
    try read(targets(text), item)
  }

  static func targets(_ text: String) -> [String] {
    var items: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      // A path goes on behind a comma, unless another path or a prefix follows.
      let isInPath = items.last?.hasPrefix("/") ?? false
      let begins =
        isInPath
        ? part.hasPrefix("/") || part.hasPrefix("driver:") || part.hasPrefix("provider:")
        : (try? Target(part)) != nil
      if items.isEmpty || begins {
        items.append(part)
      } else {
        items[items.count - 1] += "," + part
      }
    }
    return items
  }

  private static func read<Item>(_ items: [String], _ item: (String) throws -> Item) throws
    -> [Item]
  {
    try items.map { text in
      do {
        return try item(text)
      } catch let wrong as WrongValue where items.count > 1 {
        throw WrongValue("has '\(text)', which \(wrong)")
      }
    }
  }
}
