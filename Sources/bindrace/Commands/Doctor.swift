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
      Makes and removes the probes of a run, lifts the rate limit of the kernel's log and \
      puts it back, and loads and removes a small module. What could not be put back exactly is only \
      looked at. Needs root to try any of it. Asynchronous work of others is waited for 5 s at most. \
      Ctrl-C ends it when all is put back.

      The facts are what verdicts rest on, each with the places in this kernel that are probed for it; \
      whether a place tells what it should, a run finds out. The last line says whether a run can pass here.

      Exit status: 0 a run can pass, 3 no run can, or none that is told no target and no pattern, \
      4 nothing can run.
      """)

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let found =
      geteuid() == 0 ? try tried() : HostCheck(host: try Host()).withoutRoot
    let report = DoctorReport(
      found.trials.map(DoctorCheck.init) + [journal],
      facts: found.facts.map { DoctorFact($0.source, lost: $0.lost) },
      status: found.status, conclusion: found.conclusion)
    try StandardStreams.print(
      json ? try report.json() : report.text(colour: Terminal.hasColour(STDOUT_FILENO)))
    switch found.status {
    case .ok: break
    case .degraded: throw ExitStatus.inconclusive
    case .missing: throw ExitStatus.nothingRan
    }
  }

  /// No run needs it.
  private var journal: DoctorCheck {
    DoctorCheck(
      name: "journal", status: .ok,
      found: Journald().isListening
        ? "journald listens"
        : "no journald listens: findings are said on standard error", means: "")
  }

  private func tried() throws -> HostReport {
    let lock = try HostLock.orFailure()
    // Ended in the midst of it, it would leave its probes, and a modprobe that waits in the kernel.
    let interrupt = try Interrupt(
      saying: "interrupted: putting back what was tried",
      "it takes some seconds at most, please wait")
    let check = HostCheck(host: try Host(), isInterrupted: { interrupt.isRequested })
    return try withExtendedLifetime(lock) {
      try check.run(RunResult.blank(seed: 0).run) { StandardStreams.complain($0) }
    }
  }
}

extension DoctorCheck {
  fileprivate init(_ trial: HostTrial) {
    let status: Status =
      switch trial.hinders {
      case nil: .ok
      case .little, .plainRun, .pass: .degraded
      case .run: .missing
      }
    self.init(
      name: trial.name, status: status, found: trial.found, means: trial.means, help: trial.help)
  }
}

extension HostReport {
  /// A run that is told nothing can pass; less than that; nothing can run.
  fileprivate var status: DoctorCheck.Status {
    switch hinders {
    case nil, .little: .ok
    case .plainRun, .pass: .degraded
    case .run: .missing
    }
  }
}
