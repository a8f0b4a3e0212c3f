internal import DriverModel
public import Evidence
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
    /// It cannot be read, or does not say of which boot it is, so nothing is written by it.
    case unreadable(SystemError)
    /// A later bindrace wrote it.
    case later(version: String)
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
  /// When the run began, on the clock of its boot; nil where that cannot be read.
  public var start: Time?

  /// All ledgers in the folder, that of the last run first. Those kept aside are left out.
  static func all(in directory: Directory, host: Host) throws(SystemError) -> [StoredLedger] {
    let boot = try host.bootID()
    var ledgers: [StoredLedger] = []
    for run in try directory.names() where !LedgerFolder.isAside(run) {
      do throws(SystemError) {
        let bytes = try directory.bytes(run)
        ledgers.append(
          try StoredLedger(run, bytes, directory.object(run), boot: boot, host: host))
      } catch {
        // Its run ended meanwhile, else.
        if error.errno != ENOENT { ledgers.append(StoredLedger(run, unreadable: error)) }
      }
    }
    return ledgers.sorted { ($0.start?.nanoseconds ?? 0) > ($1.start?.nanoseconds ?? 0) }
  }

  /// That of one run; nil where there is none (any more).
  static func of(_ run: String, in directory: Directory, host: Host) throws(SystemError)
    -> StoredLedger?
  {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try directory.bytes(run)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
    return try StoredLedger(
      run, bytes, directory.object(run), boot: try host.bootID(), host: host)
  }

  private init(_ run: String, unreadable error: SystemError) {
    self.run = run
    state = .unreadable(error)
    isDamaged = false
    entries = []
  }

  private init(_ run: String, _ bytes: [UInt8], _ path: String, boot: String, host: Host)
    throws(SystemError)
  {
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
    } else if let version = text.laterVersion {
      state = .later(version: version)
    } else if bytes.isEmpty {
      // Its run ended before it could change anything.
      state = .left
      isDamaged = false
    } else if text.isOnlyBegun {
      state = .left
    } else {
      var error = SystemError("read", path, EINVAL)
      error.reason = "the ledger does not say of which boot it is; nothing was put back by it"
      state = .unreadable(error)
    }
  }

  /// Notes in the file that an entry is done with.
  func close(_ change: Change, in directory: Directory) throws(SystemError) {
    guard let entry = entries.first(where: { $0.change == change }) else { return }
    // After a line that was cut off, a new one begins.
    let text = (isDamaged ? "\n" : "") + entry.closingText
    let file = try directory.open(run, O_WRONLY | O_APPEND)
    try file.write(Array(text.utf8), object: directory.object(run))
    try file.sync(directory.object(run))
  }
}
