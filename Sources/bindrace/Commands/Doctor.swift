internal import ArgumentParser
internal import Evidence
internal import Glibc
internal import HostSafety
internal import Journal
internal import Races
internal import Reports

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "What this host allows: tried, not guessed.",
    discussion: """
      Makes and removes the probes of a run, loads and removes a small module, and \
      writes the workqueue mask that is there. Needs root to try any of it.

      Exit status: 0 a run can reach a pass, 3 with less than that, 4 nothing can run.
      """)

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let check = HostCheck(host: try Host())
    let facts = geteuid() == 0 ? try tried(check) : check.withoutRoot
    let checks = facts.map {
      DoctorCheck(name: $0.name, status: $0.status.reported, found: $0.found, means: $0.means)
    }
    let report = DoctorReport(checks + [journal])
    try StandardStreams.print(
      json ? try report.json() : report.text(colour: Terminal.hasColour(STDOUT_FILENO)))
    if facts.contains(where: { $0.status == .missing }) { throw ExitStatus.nothingRan }
    if facts.contains(where: { $0.status == .degraded }) { throw ExitStatus.inconclusive }
  }

  /// No run needs it.
  private var journal: DoctorCheck {
    DoctorCheck(
      name: "journal", status: .ok,
      found: Journald().isListening
        ? "journald listens"
        : "no journald listens: findings are said on standard error", means: "")
  }

  private func tried(_ check: HostCheck) throws -> [HostFact] {
    let lock = try HostLock.orFailure()
    return try withExtendedLifetime(lock) { try check.run(RunResult.blank(seed: 0).run) }
  }
}

extension HostFact.Status {
  fileprivate var reported: DoctorCheck.Status {
    switch self {
    case .ok: .ok
    case .degraded: .degraded
    case .missing: .missing
    }
  }
}
