internal import DriverModel
internal import Evidence
internal import Glibc

/// What is done without anybody's call when a run has ended and left what must not outlive it.
///
/// It takes no lock that a run or a restore would miss: they exclude each other by the ledger's own
/// (`LedgerHold`), for which a restore waits as for a child of the run. So it acts before a restore, or after
/// one, and never while a later run is at work: that begins when the ledger is put back.
final class Aftermath {
  /// How long it waits for what the run left at work, such as a verb in the kernel: udevd is better kept away
  /// from its device.
  static let patience: Duration = .seconds(5)

  private let run: String
  private let directory: Directory
  private let host: Host
  private let patience: Duration
  private let limit: Duration
  /// When the run was seen to have ended.
  private var begin: Time?

  /// - Parameter limit: how long it tries what fails.
  init(
    run: String, folder: String, host: Host, patience: Duration = Aftermath.patience,
    limit: Duration = .seconds(300)
  ) throws(SystemError) {
    self.run = run
    directory = try Directory(folder)
    self.host = host
    self.patience = patience
    self.limit = limit
  }

  private enum Look {
    /// Nothing is left to do, or to be done.
    case over
    /// The run lives, and puts it back itself.
    case lives
    case left(StoredLedger)
  }

  /// Until nothing is left that must not outlive the run.
  func attend() {
    while !step() { Pause.milliseconds(100) }
  }

  /// One attempt; true where nothing is left to try.
  func step() -> Bool {
    switch look() {
    case .over: return true
    case .lives: return false
    case .left:
      let now = MonotonicClock.now()
      let since = now - (begin ?? now)
      begin = begin ?? now
      return since >= limit.nanoseconds
        || putBack(insisting: since >= patience.nanoseconds)
    }
  }

  private func look() -> Look {
    // Where the ledger cannot be read, restore will say so.
    guard let ledger = try? StoredLedger.of(run, in: directory, host: host),
      ledger.open.contains(where: \.mustNotOutlive)
    else { return .over }
    switch ledger.state {
    case .live: return .lives
    case .left: return .left(ledger)
    case .expired, .unreadable, .later: return .over
    }
  }

  /// True where nothing is left to try.
  ///
  /// - Parameter insisting: also where somebody still works in the name of the run.
  private func putBack(insisting: Bool) -> Bool {
    guard let hold = hold(insisting: insisting) else { return false }
    return withExtendedLifetime(hold) {
      // A restore may have been at it until now.
      guard case .left(let ledger) = look() else { return true }
      var isDone = true
      for change in ledger.open.reversed() where change.mustNotOutlive {
        do throws(SystemError) {
          // What somebody else changed meanwhile is restore's to report.
          if case .leftAlone = try change.reversible.undo(on: host) { continue }
          try ledger.close(change, in: directory)
        } catch {
          isDone = false
        }
      }
      return isDone
    }
  }

  private func hold(insisting: Bool) -> LedgerHold? {
    do throws(SystemError) {
      let alone = try LedgerHold.alone(of: run, in: directory)
      if alone == nil, insisting { return try LedgerHold.shared(of: run, in: directory) }
      return alone
    } catch {
      // Its ledger went; that is looked at next.
      return nil
    }
  }
}
