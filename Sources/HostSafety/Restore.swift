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
    /// What went wrong with the ledgers themselves.
    public var errors: [SystemError] = []

    /// True where nothing is left to put back.
    public var isRestored: Bool { errors.isEmpty && !steps.contains { $0.outcome.isFailure } }
  }

  private let host: Host
  private let folder: String

  public init(host: Host, folder: String = Ledger.folder) {
    self.host = host
    self.folder = folder
  }

  /// What there is to put back, the last run first. Changes nothing.
  public func ledgers() throws(SystemError) -> [StoredLedger] {
    do {
      return try StoredLedger.all(in: try Directory(folder), host: host)
    } catch  where error.errno == ENOENT && error.object == folder {
      return []
    }
  }

  /// Undoes every open entry of every run of this boot that does not live, and deletes the ledgers
  /// where nothing is left. Nothing stops it.
  public func run(holding lock: HostLock) -> Report {
    var report = Report()
    do throws(SystemError) {
      let ledgers = try ledgers()
      if ledgers.isEmpty { return report }
      let directory = try Directory(folder)
      for ledger in ledgers {
        do throws(SystemError) {
          try restore(ledger, in: directory, &report)
        } catch {
          report.errors.append(error)
        }
      }
    } catch {
      report.errors.append(error)
    }
    return report
  }

  private func restore(
    _ ledger: StoredLedger, in directory: Directory, _ report: inout Report
  ) throws(SystemError) {
    var steps: [RestoreStep] = []
    switch ledger.state {
    case .live:
      report.live.append(ledger.run)
      return
    case .left:
      steps = Undo.all(ledger.open, run: ledger.run, on: host) { change throws(SystemError) in
        try ledger.close(change, in: directory)
      }
    case .expired:
      steps = ledger.open.reversed().map {
        RestoreStep(run: ledger.run, change: $0, outcome: .expired)
      }
    case .unreadable:
      var error = SystemError("read", directory.object(ledger.run), EINVAL)
      error.reason = "the ledger does not say of which boot it is; nothing was put back by it"
      report.errors.append(error)
    }
    report.steps += steps
    if steps.contains(where: { $0.outcome.isFailure }) { return }
    if ledger.isDamaged {
      try LedgerFolder.keepAside(ledger.run, in: directory)
      report.damaged.append(directory.object(ledger.run + LedgerFolder.damaged))
    } else {
      try LedgerFolder.delete(ledger.run, in: directory)
    }
  }
}
