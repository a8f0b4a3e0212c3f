internal import FoundationEssentials

/// The JSON result of an earlier run, as far as it can be raced again.
public struct EarlierResult: Sendable, Equatable {
  /// One pattern on one target that ran.
  public struct Entry: Sendable, Equatable {
    public var id: String
    public var name: String
    /// BUS/NAME.
    public var target: String
    public var driver: String
    public var widen: String
    /// What had made the device; nil for one that was there.
    public var provider: String?
    public var cycles: Int
    /// The last cycle that a finding was kept of; nil where there was none.
    public var lastFinding: Int?
    /// Nanoseconds, an array for each cycle; empty where nothing was searched.
    public var delays: [[Int64]]
  }

  /// Why a text is no such result; continues "FILE …", as in "is not JSON".
  public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
      self.description = description
    }
  }

  /// A delay beyond this was never searched.
  fileprivate static let longestDelay: Int64 = 60_000_000_000

  public let seed: UInt64
  /// Without those that were skipped.
  public let entries: [Entry]

  /// Reads what `JSONReport` writes.
  public init(_ json: [UInt8]) throws(Problem) {
    let head = try Self.decoded(Head.self, json, corrupted: "is not JSON")
    guard let schema = head.schema else { throw Problem("is no JSON result: it has no schema") }
    guard schema == ResultDocument.schema else {
      throw Problem("has schema \(schema), what can be read is \(ResultDocument.schema)")
    }
    if head.isDryRun == true { throw Problem("is the plan of a dry run, not a result") }
    // The text is JSON, so only numbers are left to be corrupted; the decoder does not say where.
    let body = try Self.decoded(
      Body.self, json, corrupted: "is no result of bindrace stress: a number is out of range")
    seed = body.seed
    if let finding = body.findings.first(where: { $0.cycle < 1 }) {
      throw Problem("has a finding in cycle \(finding.cycle)")
    }
    var entries: [Entry] = []
    for (index, pattern) in body.patterns.enumerated() where pattern.cycles != 0 {
      if let problem = pattern.problem {
        throw Problem("has \(problem) in patterns[\(index)]")
      }
      entries.append(pattern.entry(body))
    }
    if entries.isEmpty { throw Problem("has no cycles: nothing had run") }
    self.entries = entries
  }

  private static func decoded<Document: Decodable>(
    _ type: Document.Type, _ json: [UInt8], corrupted: String
  ) throws(Problem) -> Document {
    do {
      return try JSONDecoder().decode(type, from: Data(json))
    } catch {
      throw Problem((error as? DecodingError)?.problem ?? corrupted)
    }
  }
}

// MARK: - The document

extension EarlierResult {
  private struct Head: Decodable {
    let schema: Int?
    let isDryRun: Bool?

    enum CodingKeys: String, CodingKey {
      case schema
      case isDryRun = "dry_run"
    }
  }

  fileprivate struct Body: Decodable {
    struct Pattern: Decodable {
      let id: String
      let name: String
      let target: String
      let driver: String
      let widen: String
      let provider: String?
      let cycles: Int
      let delays: [[Int64]]?
    }

    struct Finding: Decodable {
      let pattern: String
      let device: String
      let cycle: Int
    }

    let seed: UInt64
    let patterns: [Pattern]
    let findings: [Finding]
  }
}

extension EarlierResult.Body.Pattern {
  /// What cannot be, in words; nil where all can.
  fileprivate var problem: String? {
    if cycles < 0 { return "\(cycles) cycles" }
    if let delays, delays.count > cycles { return "more delays than cycles" }
    let isPossible = (delays ?? []).allSatisfy {
      $0.allSatisfy((0...EarlierResult.longestDelay).contains)
    }
    return isPossible ? nil : "a delay that is not from 0 to 60 s"
  }

  fileprivate func entry(_ body: EarlierResult.Body) -> EarlierResult.Entry {
    let mine = body.findings.filter { finding in
      guard finding.pattern == id || finding.pattern == name else { return false }
      // A finding about a second device is of the race on the first.
      let isOfAnother = body.patterns.contains { $0.id == id && $0.target == finding.device }
      return finding.device == target || !isOfAnother
    }
    return EarlierResult.Entry(
      id: id, name: name, target: target, driver: driver, widen: widen, provider: provider,
      cycles: cycles, lastFinding: mine.map { min($0.cycle, cycles) }.max(), delays: delays ?? [])
  }
}

extension DecodingError {
  /// What is wrong and where, as it continues "FILE …"; nil where the text is corrupted.
  fileprivate var problem: String? {
    switch self {
    case .keyNotFound(let key, let context):
      "is no result of bindrace stress: it has no \(path(context.codingPath + [key]))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.isEmpty
        ? "is no result of bindrace stress: it is no JSON object"
        : "is no result of bindrace stress: its \(path(context.codingPath)) is something else"
    default: nil
    }
  }

  /// "patterns[0].target"
  private func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }
}
