internal import Evidence

/// The catalog of patterns as text or JSON.
public struct PatternTable: Sendable {
  private let rows: [PatternRow]
  /// Why this host cannot run some of them, each once.
  private let obstacles: [String]

  public init(_ rows: [PatternRow]) {
    self.rows = rows
    obstacles = rows.compactMap(\.obstacle).uniqued()
  }

  /// A row per pattern, and below what stands against those that cannot run here; with a newline at
  /// the end.
  public func text(colour: Bool = false) -> String {
    var table = TextTable(["id", "name", "kind", "expected", "widen", "here"])
    for row in rows {
      table.append([row.id, row.name, row.kind, row.expected, row.wideners, here(row)])
    }
    var lines = table.lines(Ink(colour: colour))
    if !obstacles.isEmpty { lines.append("") }
    for (index, obstacle) in obstacles.enumerated() {
      lines += obstacle.printable.wrapped(after: "(\(index + 1)) ", to: 120)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func here(_ row: PatternRow) -> String {
    guard let obstacle = row.obstacle, let index = obstacles.firstIndex(of: obstacle) else {
      return "yes"
    }
    return "no (\(index + 1))"
  }

  /// Every pattern in full, a blank line between them; with a newline at the end.
  public func details(colour: Bool = false) -> String {
    rows.map { $0.lines(Ink(colour: colour)).joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  /// `{"schema": 1, "patterns": […]}`. Throws what JSONEncoder throws.
  public func json() throws -> String {
    try jsonText(Document(patterns: rows.map(Document.Pattern.init)))
  }

  private struct Document: Encodable {
    struct Pattern: Encodable {
      struct Thread: Encodable {
        let role: String
        let steps: [String]
      }

      let id: String
      let name: String
      let kind: String
      let spirit: String
      let raced: [String]
      let expected: String
      let finds: [String]
      let start: String
      let conditions: [String]
      let threads: [Thread]
      let widen: [String]
      let available: Bool
      let reason: OrNull<String>

      init(_ row: PatternRow) {
        id = row.id
        name = row.name
        kind = row.kind
        spirit = row.spirit
        raced = row.raced
        expected = row.expected
        finds = row.finds
        start = row.start
        conditions = row.conditions
        threads = row.threads.map { Thread(role: $0.role, steps: $0.steps) }
        widen = row.widen
        available = row.obstacle == nil
        reason = OrNull(row.obstacle)
      }
    }

    let schema = 1
    let patterns: [Pattern]

    enum CodingKeys: CodingKey { case schema, patterns }
  }
}
