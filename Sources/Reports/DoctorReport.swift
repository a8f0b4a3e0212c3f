public import Evidence

/// One thing that was tried on this host.
public struct DoctorCheck: Sendable, Equatable {
  public enum Status: String, Sendable {
    case ok, degraded, missing
  }

  public var name: String
  public var status: Status
  /// What was found, in a few words.
  public var found: String
  /// What that means for a run.
  public var means: String
  /// What would help; nil where nothing is known to.
  public var help: String?

  public init(name: String, status: Status, found: String, means: String, help: String? = nil) {
    self.name = name
    self.status = status
    self.found = found
    self.means = means
    self.help = help
  }
}

/// A fact that verdicts rest on: whether this host tells it.
public struct DoctorFact: Sendable, Equatable {
  public var source: FactSource
  /// Ids of the patterns that have no hit without it; empty where it is told.
  public var lost: [String]

  public init(_ source: FactSource, lost: [String]) {
    self.source = source
    self.lost = lost
  }

  fileprivate var check: DoctorCheck {
    let name = "fact \(source.fact.rawValue)"
    let places = source.places.joined(separator: ", ")
    guard source.state == .untold else {
      let why = source.reason.map { "; \($0)" } ?? ""
      return DoctorCheck(name: name, status: .ok, found: places + why, means: "")
    }
    var means = "\(source.fact.words) is not told: "
    means += lost.isEmpty ? "no race rests on it" : "no hit of \(lost.joined(separator: ", "))"
    return DoctorCheck(
      name: name, status: .degraded, found: source.reason ?? "nothing tells it", means: means)
  }
}

/// What this host allows, as text or JSON.
public struct DoctorReport: Sendable {
  private let checks: [DoctorCheck]
  private let facts: [DoctorFact]
  private let status: DoctorCheck.Status
  private let conclusion: String

  /// - Parameters:
  ///   - status: ok where a run can pass, missing where nothing can run.
  ///   - conclusion: that in a sentence, and why.
  public init(
    _ checks: [DoctorCheck], facts: [DoctorFact], status: DoctorCheck.Status, conclusion: String
  ) {
    self.checks = checks
    self.facts = facts
    self.status = status
    self.conclusion = conclusion
  }

  /// A line per check and fact, below what is not ok what that means and what would help, and the conclusion
  /// last; a newline at the end.
  public func text(colour: Bool = false) -> String {
    let ink = Ink(colour: colour)
    let rows = checks + facts.map(\.check)
    let width = rows.map { $0.name.printable.count }.max() ?? 0
    var lines: [String] = []
    for row in rows {
      let status = row.status.painted(row.status.rawValue.padded(to: 10), ink)
      lines.append(status + row.name.printable.padded(to: width + 2) + row.found.printable)
      if row.status == .ok { continue }
      for line in [row.means, row.help].compactMap(\.self) where !line.isEmpty {
        lines.append("".padded(to: width + 12) + line.printable)
      }
    }
    lines.append(status.painted(conclusion.printable, ink))
    return lines.joined(separator: "\n") + "\n"
  }

  /// `{"schema": 1, "checks": […], "facts": […], "conclusion": {…}}`. Throws what JSONEncoder throws.
  public func json() throws -> String {
    try jsonText(
      Document(
        checks: checks.map(Document.Check.init), facts: facts.map(Document.Fact.init),
        conclusion: Document.Conclusion(status: status.rawValue, text: conclusion)))
  }

  private struct Document: Encodable {
    struct Check: Encodable {
      let name: String
      let status: String
      let found: String
      let means: String
      let help: OrNull<String>

      init(_ check: DoctorCheck) {
        name = check.name
        status = check.status.rawValue
        found = check.found
        means = check.means
        help = OrNull(check.help)
      }
    }

    /// As in the result of a run, and what is lost without it.
    struct Fact: Encodable {
      private let fact: DoctorFact

      init(_ fact: DoctorFact) { self.fact = fact }

      private enum CodingKeys: CodingKey { case lost }

      func encode(to encoder: any Encoder) throws {
        try FactDocument(fact.source).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(fact.lost, forKey: .lost)
      }
    }

    struct Conclusion: Encodable {
      let status: String
      let text: String
    }

    let schema = 1
    let checks: [Check]
    let facts: [Fact]
    let conclusion: Conclusion

    enum CodingKeys: CodingKey { case schema, checks, facts, conclusion }
  }
}

extension DoctorCheck.Status {
  fileprivate func painted(_ text: String, _ ink: Ink) -> String {
    switch self {
    case .ok: ink.green(text)
    case .degraded: ink.yellow(text)
    case .missing: ink.red(text)
    }
  }
}
