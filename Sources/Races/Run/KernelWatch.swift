internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety
internal import KernelTrace

/// Watches the kernel log and the taint from the begin of a run to its end, and marks the rounds in the
/// log.
final class KernelWatch {
  /// Why the log cannot be read; nil where it is.
  private(set) var unread: String?
  private var log: KernelLog?
  private let proc: Directory
  private let run: String
  /// Where the marks are written; nil where the log takes none.
  private var marks: Descriptor?
  private var marksWritten = 0
  private var taint: Taint?
  /// Since the last call of `take`.
  private var reports: [KernelReport] = []
  private var moreReports = 0
  private var lost: UInt64 = 0

  /// Begins to read the log at its end.
  init(_ host: Host, _ ledger: Ledger) {
    proc = host.proc
    run = "bindrace: \(ledger.run.prefix(8)) "
    do throws(SystemError) {
      log = try KernelLog(try Directory(host.dev), mark: run)
    } catch {
      unread = error.description
    }
    taint = readTaint()
    _ = Self.liftRateLimit(host, ledger)
    marks = try? Directory(host.dev).open("kmsg", O_WRONLY)
    // Its number is the first that is known, so that whatever is lost from here on is counted.
    mark("begins")
    collect(.preparation)
  }

  /// Lets every record that is written to the log through, where that is not so already; false where
  /// the kernel's command line does not allow it (printk.devkmsg=).
  static func liftRateLimit(_ host: Host, _ ledger: Ledger) -> Bool {
    let path = "kernel/printk_devkmsg"
    let free = "on"
    do throws(SystemError) {
      let old = try host.proc.text("sys/\(path)")
      if old == free { return true }
      let change = Change.sysctl(SysctlChange(path: path, old: old, new: free))
      try ledger.record(change)
      do throws(SystemError) {
        try host.proc.write("sys/\(path)", free + "\n")
        return true
      } catch {
        try ledger.close(change)
        return false
      }
    } catch {
      return false
    }
  }

  /// What came before belongs to the preparation of the cycle; what comes now, to its race.
  func beginRace(_ text: String) {
    notePreparation()
    mark(text)
  }

  /// What came before belongs to the preparation of a race.
  func notePreparation() { collect(.preparation) }

  /// What the log and the taint have to say since the last call, and how many records were lost.
  func take(_ phase: KernelReport.Phase) -> (evidence: KernelEvidence, lost: UInt64) {
    collect(phase)
    let before = taint
    taint = readTaint()
    defer { (reports, moreReports, lost) = ([], 0, 0) }
    return (
      KernelEvidence(
        reports: reports, moreReports: moreReports, taintBefore: before, taintAfter: taint,
        unread: unread),
      lost
    )
  }

  /// Marks of rounds that were written and did not come into the log.
  var marksMissing: Int { log.map { marksWritten - $0.marksRead } ?? 0 }

  private func mark(_ text: String) {
    // Level info, facility user. Longer lines are refused (devkmsg_write()).
    let line = "<14>" + (run + text).prefix(900) + "\n"
    if (try? marks?.write(Array(line.utf8), object: "kmsg")) != nil { marksWritten += 1 }
  }

  private func collect(_ phase: KernelReport.Phase) {
    guard let log else { return }
    do throws(SystemError) {
      let now = try log.take(phase)
      reports += now.reports
      moreReports += now.more
      lost += now.lost
    } catch {
      // From here on nothing is known; what came last may be lost already.
      self.log = nil
      unread = error.description
      lost += 1
    }
  }

  private func readTaint() -> Taint? { (try? proc.text("sys/kernel/tainted")).flatMap(Taint.init) }
}
