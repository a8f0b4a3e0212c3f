internal import Glibc
internal import HostSafety

/// What `restore` says and does, also at the begin of `stress`.
enum RestoreRun {
  /// Prints what earlier runs left, a line each.
  static func list(_ restore: HostSafety.Restore) throws -> ExitStatus {
    let ledgers = try restore.ledgers()
    for ledger in ledgers where ledger.state != .expired {
      for change in ledger.open {
        try StandardStreams.print("\(ledger.run)  \(ledger.state)  \(change)\n")
      }
    }
    if ledgers.isEmpty { try StandardStreams.print("nothing to put back\n") }
    return .pass
  }

  /// Puts back everything, and prints each step.
  static func restore(_ restore: HostSafety.Restore) throws -> ExitStatus {
    guard geteuid() == 0 else {
      throw Failure(.nothingRan, "restore needs root: it writes to sysfs and tracefs")
    }
    let report = restore.run(holding: try HostLock.orFailure())
    for step in report.steps {
      try StandardStreams.print("\(step.change): \(step.outcome)\n")
    }
    if report.steps.isEmpty && report.errors.isEmpty {
      try StandardStreams.print("nothing to put back\n")
    }
    complain(report)
    return report.isRestored ? .pass : .notRestored
  }

  /// Puts back what earlier runs left before a new one begins; says what it did.
  static func beforeRun(_ lock: HostLock, _ host: Host) throws {
    let report = HostSafety.Restore(host: host).run(holding: lock)
    let done = report.steps.count { !$0.outcome.isFailure && $0.outcome != .expired }
    if done > 0 { StandardStreams.complain("put back \(done) changes that an earlier run left") }
    complain(report)
    if !report.isRestored {
      throw Failure(
        .notRestored, "an earlier run's changes could not be put back (bindrace restore)")
    }
  }

  private static func complain(_ report: HostSafety.Restore.Report) {
    for step in report.steps where step.outcome.isFailure {
      StandardStreams.complain("not put back: \(step.change): \(step.outcome)")
    }
    for path in report.damaged {
      StandardStreams.complain("a damaged ledger was read as far as it goes and kept: \(path)")
    }
    for error in report.errors { StandardStreams.complain("\(error)") }
  }
}

extension HostLock {
  /// Takes the lock, or names its holder in a failure of status 4.
  static func orFailure() throws(bindrace.Failure) -> HostLock {
    do {
      return try HostLock()
    } catch {
      throw bindrace.Failure(.nothingRan, "another bindrace is at work: \(error)")
    }
  }
}
