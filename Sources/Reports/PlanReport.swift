public import Evidence

/// What a run would do, as text or JSON: the answer of `--dry-run`.
public struct PlanReport: Sendable {
  /// Cycles whose delays are shown: for a reader, and for a program.
  private static let shown = (text: 10, json: 100)

  private let patterns: [PatternResult]
  private let seed: UInt64
  private let columns: Columns
  private let amount: String

  /// - Parameters:
  ///   - result: holds the patterns planned, none of which ran: `delays` are those planned, `cycles`
  ///     how many there would be where that is known.
  ///   - amount: how much of the others would be raced, in words.
  public init(_ result: RunResult, amount: String) {
    patterns = result.patterns
    seed = result.seed
    columns = result.columns
    self.amount = amount
  }

  /// A row per pattern and target, and the first delays of each; with a newline at the end.
  public func text(colour: Bool = false) -> String {
    var table = TextTable(["id", "name", "target", "driver", "widen", "would run"])
    for (pattern, count) in patterns.skippedAlike {
      let driver = pattern.driver.isEmpty ? "-" : pattern.driver
      if let reason = pattern.skipReason, count > 1 {
        table.append(["-", counted(count, "race"), pattern.target, driver, "-", "no: \(reason)"])
        continue
      }
      table.append([
        pattern.id, pattern.name, pattern.target, driver, pattern.widen,
        pattern.skipReason.map { "no: \($0)" } ?? amount(of: pattern),
      ])
    }
    var lines = table.lines(Ink(colour: colour))
    for pattern in patterns where !pattern.delays.isEmpty { lines += [""] + delays(of: pattern) }
    if let moved = columns.moved { lines += ["", "columns   \(moved)"] }
    lines += ["", "seed \(seed): the same seed makes the same delays; nothing was changed"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func amount(of pattern: PatternResult) -> String {
    pattern.cycles > 0 ? counted(pattern.cycles, "cycle") : amount
  }

  private func delays(of pattern: PatternResult) -> [String] {
    let first = pattern.delays.prefix(Self.shown.text)
    var title = "delays of \(pattern.id) on \(pattern.target)".printable
    title += ", the first \(first.count) of \(counted(pattern.delays.count, "cycle"))"
    return [title]
      + first.map { "  " + $0.map { readable(nanoseconds: $0) }.joined(separator: ", ") }
  }

  /// `{"schema": 1, "dry_run": true, "seed": N, "amount": …, "patterns": […]}`.
  public func json() throws -> String {
    try jsonText(
      Document(
        seed: seed, amount: amount, columns: ColumnsDocument(columns),
        patterns: patterns.map(Document.Pattern.init)))
  }

  private struct Document: Encodable {
    struct Pattern: Encodable {
      let id: String
      let name: String
      let target: String
      let driver: String
      let widen: String
      let skipReason: OrNull<String>
      /// Left out where there are none.
      let delays: [[Int64]]?

      init(_ pattern: PatternResult) {
        id = pattern.id
        name = pattern.name
        target = pattern.target
        driver = pattern.driver
        widen = pattern.widen
        skipReason = OrNull(pattern.skipReason)
        let first = pattern.delays.prefix(PlanReport.shown.json)
        delays = first.isEmpty ? nil : Array(first)
      }

      enum CodingKeys: String, CodingKey {
        case id, name, target, driver, widen, delays
        case skipReason = "skip_reason"
      }
    }

    let schema = 1
    let isDryRun = true
    let seed: UInt64
    let amount: String
    let columns: ColumnsDocument
    let patterns: [Pattern]

    enum CodingKeys: String, CodingKey {
      case schema, seed, amount, columns, patterns
      case isDryRun = "dry_run"
    }
  }
}
