/// One pattern of the catalog, and whether this host can run it.
public struct PatternRow: Sendable, Equatable {
  public var id: String
  public var name: String
  /// What kind of race it is ("async", "deferred", "control", …).
  public var kind: String
  /// The kernel functions that are raced.
  public var raced: String
  /// What a user who reads the verb's success would expect.
  public var expected: String
  /// The wideners that help, the best first; empty where none is needed.
  public var widen: [String]
  public var available: Bool
  /// Why this host cannot run it; nil where it can.
  public var reason: String?

  public init(
    id: String, name: String, kind: String, raced: String, expected: String, widen: [String],
    available: Bool, reason: String?
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.raced = raced
    self.expected = expected
    self.widen = widen
    self.available = available
    self.reason = reason
  }
}

/// The catalog of patterns as text or JSON.
public struct PatternTable: Sendable {
  private let rows: [PatternRow]

  public init(_ rows: [PatternRow]) {
    self.rows = rows
  }

  /// A row per pattern, with a newline at the end.
  public func text(colour: Bool = false) -> String {
    var table = TextTable(["id", "name", "kind", "raced", "expected", "widen", "here"])
    for row in rows {
      table.append([
        row.id, row.name, row.kind, row.raced, row.expected,
        row.widen.isEmpty ? "none" : row.widen.joined(separator: ","),
        row.available ? "yes" : "no: \(row.reason ?? "unknown")",
      ])
    }
    return table.lines(Ink(colour: colour)).joined(separator: "\n") + "\n"
  }

  /// `{"schema": 1, "patterns": […]}`. Throws what JSONEncoder throws.
  public func json() throws -> String {
    try jsonText(Document(patterns: rows.map(Document.Pattern.init)))
  }

  private struct Document: Encodable {
    struct Pattern: Encodable {
      let id: String
      let name: String
      let kind: String
      let raced: String
      let expected: String
      let widen: [String]
      let available: Bool
      let reason: OrNull<String>

      init(_ row: PatternRow) {
        id = row.id
        name = row.name
        kind = row.kind
        raced = row.raced
        expected = row.expected
        widen = row.widen
        available = row.available
        reason = OrNull(row.reason)
      }
    }

    let schema = 1
    let patterns: [Pattern]

    enum CodingKeys: CodingKey { case schema, patterns }
  }
}
