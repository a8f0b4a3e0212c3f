internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety
internal import Journal

/// What `restore` says and does, also at the begin of `stress`.
enum RestoreRun {
  /// How long the end waits for journald.
  private static let patience: Duration = .seconds(2)

  /// Prints what earlier runs left, a line each: the run, its state, when it began, the change.
  static func list(_ restore: HostSafety.Restore) throws -> ExitStatus {
    let ledgers = try orFailure { () throws(SystemError) in try restore.ledgers() }
    for ledger in ledgers {
      let head = "\(ledger.run)  \(ledger.words)"
      for change in ledger.open { try StandardStreams.print("\(head)  \(change)\n") }
      if ledger.open.isEmpty { try StandardStreams.print("\(head)  no changes\n") }
      if ledger.isDamaged { try StandardStreams.print("\(head)  the ledger is damaged\n") }
    }
    if ledgers.isEmpty { try StandardStreams.print("nothing to put back\n") }
    return .pass
  }

  /// Puts back everything, and prints each step as it goes. Ctrl-C ends it after the step that it is
  /// in; what is left stays in the ledger.
  static func restore(_ restore: HostSafety.Restore) throws -> ExitStatus {
    guard geteuid() == 0 else {
      throw Failure(.nothingRan, "restore needs root: it writes to sysfs and tracefs")
    }
    let interrupt = try Interrupt(
      saying: "interrupted: ending after this step",
      "this step can take as long as the kernel, please wait")
    let report = restore.run(
      holding: try HostLock.orFailure(),
      observer: RestoreObserver(
        // Whoever does not read on shall not keep the host from being put back.
        step: { try? StandardStreams.print("\($0.change): \($0.outcome)\n") },
        note: { StandardStreams.complain($0) }, isInterrupted: { interrupt.isRequested }))
    if report.steps.isEmpty && report.errors.isEmpty {
      try StandardStreams.print("nothing to put back\n")
    }
    complain(report)
    tellJournal(report)
    return report.isRestored ? .pass : .notRestored
  }

  /// Puts back what earlier runs left before a new one begins; says what it did, also to the new
  /// one's journal.
  static func beforeRun(_ lock: HostLock, _ host: Host, _ journal: RunJournal) throws {
    let report = HostSafety.Restore(host: host).run(
      holding: lock, observer: RestoreObserver(note: { StandardStreams.complain($0) }))
    if report.done > 0 {
      StandardStreams.complain("put back \(report.done) changes that an earlier run left")
    }
    complain(report)
    if let entry = report.entry { journal.write(entry) }
    if !report.isRestored {
      throw Failure(
        .notRestored, "an earlier run's changes could not be put back (bindrace restore)")
    }
  }

  private static func complain(_ report: HostSafety.Restore.Report) {
    for step in report.failures {
      StandardStreams.complain("not put back: \(step.change): \(step.outcome)")
    }
    for path in report.damaged {
      StandardStreams.complain("a damaged ledger was read as far as it goes and kept: \(path)")
    }
    for error in report.errors { StandardStreams.complain("\(error)") }
  }

  /// With what killed runs found and could not deliver.
  private static func tellJournal(_ report: HostSafety.Restore.Report) {
    let run = RunResult.blank(seed: 0).run
    do throws(SystemError) {
      // Where no journald listens, all of it has been said already.
      let journal = try JournalWriter(
        run: run, outbox: Outbox(run: run), say: { StandardStreams.complain($0) }, tell: { _ in })
      if let entry = report.entry { journal.write(entry) }
      _ = journal.finish(within: patience)
    } catch {
      StandardStreams.complain("nothing is written to the journal: \(error)")
    }
  }

  private static func orFailure<Value>(_ body: () throws(SystemError) -> Value) throws(Failure)
    -> Value
  {
    do throws(SystemError) {
      return try body()
    } catch {
      throw Failure(.nothingRan, "\(error)")
    }
  }
}

extension HostSafety.Restore.Report {
  /// How many changes were put back.
  fileprivate var done: Int {
    steps.count { !$0.outcome.isFailure && $0.outcome != .expired }
  }

  /// Nil where there was nothing to put back.
  fileprivate var entry: JournalEntry? {
    let failures =
      failures.map { "\($0.change): \($0.outcome)" } + errors.map(\.description)
    if done == 0 && failures.isEmpty { return nil }
    return .restore(run: nil, done: done, failures: failures)
  }
}

extension StoredLedger {
  /// Its state and, where it is of this boot, when its run began.
  fileprivate var words: String {
    switch state {
    case .live: "alive  \(age)"
    case .left: "ended  \(age)"
    case .expired: "of another boot"
    case .unreadable(let error): "unreadable: \(error.reason)"
    case .later(let version): "of a later bindrace (version \(version))"
    }
  }

  private var age: String {
    guard let start else { return "began at an unknown time" }
    let seconds = (MonotonicClock.now() - start) / 1_000_000_000
    return switch seconds {
    case ..<120: "began \(seconds) s ago"
    case ..<7200: "began \(seconds / 60) min ago"
    default: "began \(seconds / 3600) h ago"
    }
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
