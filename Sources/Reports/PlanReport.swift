public import Evidence

/// What a run would do, as text or JSON: the answer of `--dry-run`.
public struct PlanReport: Sendable {
  private let patterns: [PatternResult]
  private let seed: UInt64
  private let amount: String

  /// - Parameters:
  ///   - result: holds the patterns planned, none of which ran.
  ///   - amount: how much of each would be raced, in words.
  public init(_ result: RunResult, amount: String) {
    patterns = result.patterns
    seed = result.seed
    self.amount = amount
  }

  /// A row per pattern and target, with a newline at the end.
  public func text(colour: Bool = false) -> String {
    var table = TextTable(["id", "name", "target", "driver", "widen", "would run"])
    for pattern in patterns {
      table.append([
        pattern.id, pattern.name, pattern.target, pattern.driver.isEmpty ? "-" : pattern.driver,
        pattern.widen, pattern.skipReason.map { "no: \($0)" } ?? amount,
      ])
    }
    let lines = table.lines(Ink(colour: colour)) + ["", "seed \(seed); nothing was changed"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// `{"schema": 1, "dry_run": true, "seed": N, "amount": …, "patterns": […]}`.
  public func json() throws -> String {
    try jsonText(
      Document(seed: seed, amount: amount, patterns: patterns.map(Document.Pattern.init)))
  }

  private struct Document: Encodable {
    struct Pattern: Encodable {
      let id: String
      let name: String
      let target: String
      let driver: String
      let widen: String
      let skipReason: OrNull<String>

      init(_ pattern: PatternResult) {
        id = pattern.id
        name = pattern.name
        target = pattern.target
        driver = pattern.driver
        widen = pattern.widen
        skipReason = OrNull(pattern.skipReason)
      }

      enum CodingKeys: String, CodingKey {
        case id, name, target, driver, widen
        case skipReason = "skip_reason"
      }
    }

    let schema = 1
    let isDryRun = true
    let seed: UInt64
    let amount: String
    let patterns: [Pattern]

    enum CodingKeys: String, CodingKey {
      case schema, seed, amount, patterns
      case isDryRun = "dry_run"
    }
  }
}
