internal import DriverModel
internal import Evidence
internal import Glibc

/// A ledger that a run left, or is about to write.
public struct StoredLedger: Sendable {
  /// What to do with it.
  public enum State: Sendable, Equatable {
    /// Its run lives and puts it back itself.
    case live
    /// Its run ended without putting everything back.
    case left
    /// It is of another boot, and ended with it.
    case expired
    /// It does not say of which boot it is, so nothing is written by it.
    case unreadable
  }

  /// The name of its file; the run's, where it is not damaged.
  public var run: String
  public var state: State
  /// The process that wrote it; nil where that cannot be read.
  public var process: ProcessIdentity?
  /// What is not put back yet, in order of recording.
  public var open: [Change] { entries.map(\.change) }
  /// True where a line is damaged or cut off.
  public var isDamaged: Bool

  var entries: [LedgerEntry]
  /// Nil sorts as oldest.
  var start: Time?

  /// All ledgers in the folder, that of the last run first. Those kept aside are left out.
  static func all(in directory: Directory, host: Host) throws(SystemError) -> [StoredLedger] {
    let boot = try host.bootID()
    var ledgers: [StoredLedger] = []
    for run in try directory.names() where !run.hasSuffix(LedgerFolder.damaged) {
      let bytes: [UInt8]
      do {
        bytes = try directory.bytes(run)
      } catch  where error.errno == ENOENT {
        // Its run ended meanwhile.
        continue
      }
      ledgers.append(try StoredLedger(run, bytes, boot: boot, host: host))
    }
    return ledgers.sorted { ($0.start?.nanoseconds ?? 0) > ($1.start?.nanoseconds ?? 0) }
  }

  private init(_ run: String, _ bytes: [UInt8], boot: String, host: Host) throws(SystemError) {
    let text = LedgerText(bytes)
    self.run = run
    entries = text.entries
    process = text.header?.process
    start = text.header?.start
    isDamaged = text.isDamaged
    if let header = text.header {
      if header.boot != boot {
        state = .expired
      } else {
        state = try header.process.isAlive(proc: host.proc) ? .live : .left
      }
    } else if bytes.isEmpty {
      // Its run ended before it could change anything.
      state = .left
      isDamaged = false
    } else {
      state = .unreadable
    }
  }

  /// Notes in the file that an entry is done with.
  func close(_ change: Change, in directory: Directory) throws(SystemError) {
    guard let entry = entries.first(where: { $0.change == change }) else { return }
    // After a line that was cut off, a new one begins.
    let text = (isDamaged ? "\n" : "") + entry.closingText
    let file = try directory.open(run, O_WRONLY | O_APPEND)
    try file.write(Array(text.utf8), object: directory.object(run))
    guard fdatasync(file.number) == 0 else {
      throw SystemError("fdatasync", directory.object(run), errno)
    }
  }
}
