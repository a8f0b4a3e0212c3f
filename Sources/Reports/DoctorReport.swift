internal import Evidence

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

  public init(name: String, status: Status, found: String, means: String) {
    self.name = name
    self.status = status
    self.found = found
    self.means = means
  }
}

/// What this host allows, as text or JSON.
public struct DoctorReport: Sendable {
  private let checks: [DoctorCheck]

  public init(_ checks: [DoctorCheck]) {
    self.checks = checks
  }

  /// A line per check, and below what is not ok what that means; a newline at the end.
  public func text(colour: Bool = false) -> String {
    let ink = Ink(colour: colour)
    let width = checks.map { $0.name.printable.count }.max() ?? 0
    var lines: [String] = []
    for check in checks {
      let status = check.status.painted(check.status.rawValue.padded(to: 10), ink)
      let name = check.name.printable.padded(to: width + 2)
      lines.append(status + name + check.found.printable)
      if check.status != .ok && !check.means.isEmpty {
        lines.append("".padded(to: width + 12) + check.means.printable)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// `{"schema": 1, "checks": […]}`. Throws what JSONEncoder throws.
  public func json() throws -> String {
    try jsonText(Document(checks: checks.map(Document.Check.init)))
  }

  private struct Document: Encodable {
    struct Check: Encodable {
      let name: String
      let status: String
      let found: String
      let means: String

      init(_ check: DoctorCheck) {
        name = check.name
        status = check.status.rawValue
        found = check.found
        means = check.means
      }
    }

    let schema = 1
    let checks: [Check]

    enum CodingKeys: CodingKey { case schema, checks }
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
