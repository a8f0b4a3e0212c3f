internal import DriverModel
public import Evidence
internal import Glibc

/// Puts back what earlier runs left behind, by their ledgers. Doing it twice does no harm.
public struct Restore: Sendable {
  /// What it did.
  public struct Report: Sendable, Equatable {
    public var steps: [RestoreStep] = []
    /// Runs that live, and that were left alone.
    public var live: [String] = []
    /// Ledgers that were damaged and are kept aside, by the path of their file.
    public var damaged: [String] = []
    /// What went wrong with the ledgers themselves, or with what wrote them.
    public var errors: [SystemError] = []

    /// True where nothing is left to put back.
    public var isRestored: Bool { errors.isEmpty && failures.isEmpty }
    /// What could not be put back.
    public var failures: [RestoreStep] { steps.filter(\.outcome.isFailure) }
  }

  private let host: Host
  private let folder: String
  private let limit: Duration
  private let program: String?

  /// - Parameters:
  ///   - limit: how long to wait for what a killed run left at work. By default as long as a run lets a
  ///     module load: under a saturating load of disks that takes minutes.
  ///   - program: bindrace, by which udevd goes on where this process is killed while it has to stand; nil
  ///     where none is to be started.
  public init(
    host: Host, folder: String = Ledger.folder, limit: Duration = .seconds(300),
    program: String? = "/proc/self/exe"
  ) {
    self.host = host
    self.folder = folder
    self.limit = limit
    self.program = program
  }

  /// What there is to put back, the last run first. Changes nothing.
  public func ledgers() throws(SystemError) -> [StoredLedger] {
    guard let directory = try directory() else { return [] }
    return try StoredLedger.all(in: directory, host: host)
  }

  /// Undoes every open entry of every run of this boot that does not live, and deletes the ledgers
  /// where nothing is left. A failure stops nothing.
  public func run(holding lock: HostLock, observer: RestoreObserver = RestoreObserver()) -> Report {
    var report = Report()
    do throws(SystemError) {
      guard let directory = try directory() else { return report }
      for ledger in try StoredLedger.all(in: directory, host: host) {
        do throws(SystemError) {
          try restore(ledger, in: directory, &report, observer)
        } catch {
          report.errors.append(error)
        }
      }
    } catch {
      report.errors.append(error)
    }
    return report
  }

  /// Nil where no run has made it yet.
  private func directory() throws(SystemError) -> Directory? {
    do {
      return try Directory(folder)
    } catch  where error.errno == ENOENT && error.object == folder {
      return nil
    }
  }

  private func restore(
    _ ledger: StoredLedger, in directory: Directory, _ report: inout Report,
    _ observer: RestoreObserver
  ) throws(SystemError) {
    var steps: [RestoreStep] = []
    switch ledger.state {
    case .live:
      report.live.append(ledger.run)
      return
    case .left:
      let isAlone: Bool
      (steps, isAlone) = undo(ledger, in: directory, &report, observer)
      if !isAlone {
        report.steps += steps
        return
      }
    case .expired:
      steps = ledger.open.reversed().map {
        RestoreStep(run: ledger.run, change: $0, outcome: .expired)
      }
      for step in steps { observer.step(step) }
    case .unreadable(let error):
      report.errors.append(error)
      // Where the bytes could not even be had, another try may have them.
      if !ledger.isDamaged { return }
    case .later(let version):
      let path = try LedgerFolder.keepAside(ledger.run, as: .newer, in: directory)
      var error = SystemError("read", directory.object(ledger.run), EINVAL)
      error.reason =
        "a later bindrace wrote it (version \(version)) and has to put it back; kept as \(path)"
      throw error
    }
    report.steps += steps
    if steps.contains(where: { $0.outcome.isFailure }) { return }
    if ledger.isDamaged {
      report.damaged.append(
        try LedgerFolder.keepAside(ledger.run, as: .damaged, in: directory))
    } else {
      try directory.delete(ledger.run)
    }
  }

  /// Undoes what a run left, once nobody works in its name any more. Where somebody still does, all
  /// the same, and its entries stay open.
  private func undo(
    _ ledger: StoredLedger, in directory: Directory, _ report: inout Report,
    _ observer: RestoreObserver
  ) -> (steps: [RestoreStep], isAlone: Bool) {
    var hold: LedgerHold?
    do throws(SystemError) {
      hold = try self.hold(ledger, in: directory, observer)
    } catch {
      report.errors.append(error)
    }
    // What a restore that is killed leaves at work is waited for in the same way.
    hold?.share(by: host.actions)
    defer { host.actions.shareWithChildren(-1) }
    let isAlone = hold != nil
    let own = ledgerOfUdev(besides: ledger)
    let pause = own.map { UdevPause(host, ledger: $0) }
    let steps = withExtendedLifetime(hold) {
      Undo.all(
        ledger.open, run: ledger.run, on: host, pause: pause, observer: observer
      ) { change throws(SystemError) in
        if isAlone { try ledger.close(change, in: directory) }
      }
    }
    if let error = pause?.close() { report.errors.append(error) }
    if let own {
      do throws(SystemError) { _ = try own.finish() } catch { report.errors.append(error) }
    }
    return (steps, isAlone)
  }

  /// udevd begins nothing while devices are taken away: it opens one disk after another, and as long as one is
  /// open its module stays. A restore can be killed as well, so that has a ledger of its own; where none can be
  /// made, as on a full disk, all is tried without.
  private func ledgerOfUdev(besides ledger: StoredLedger) -> Ledger? {
    guard host.hasUdevd, ledger.open.contains(where: \.takesDevices) else { return nil }
    let name = "restore-\(ledger.run)"
    let survivor = program.map { Survivor(run: name, folder: folder, program: $0) }
    return try? Ledger(run: name, folder: folder, proc: host.proc, survivor: survivor)
  }

  /// What the whole host feels waits for a verb that hangs no longer than after a kill (`Aftermath`).
  private func hold(
    _ ledger: StoredLedger, in directory: Directory, _ observer: RestoreObserver
  ) throws(SystemError) -> LedgerHold {
    let first = min(limit, Aftermath.patience)
    do throws(SystemError) {
      return try .afterAll(of: ledger.run, in: directory, limit: first, observer: observer)
    } catch {
      guard error.errno == ETIMEDOUT else { throw error }
    }
    // It is done again, and closed, when its turn comes.
    for change in ledger.open.reversed() where change.mustNotOutlive {
      _ = try? change.reversible.undo(on: host)
    }
    return try .afterAll(
      of: ledger.run, in: directory, limit: limit - first, observer: observer)
  }
}
