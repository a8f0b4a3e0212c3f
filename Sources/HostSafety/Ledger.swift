public import DriverModel
public import Evidence
internal import Glibc
internal import Synchronization

/// What a run changes, on disk before it is changed.
///
/// A file of lines that only grows; each is on disk (fsync(2)) before `record` returns, so
/// whatever ends the run, `Restore` finds how it was.
public final class Ledger: Sendable {
  public static let folder = "/var/lib/bindrace/ledger"

  public let run: String
  private let directory: Directory
  private let file: Descriptor
  private let hold: LedgerHold
  private let survivor: Survivor?
  private let book: Mutex<Book>

  private struct Book {
    /// Open entries, in order of recording.
    var entries: [LedgerEntry] = []
    var lastNumber = 0
    /// The length of the file, which holds whole lines only.
    var length = 0
  }

  /// Starts the ledger of a run. Makes the folder where it is missing, for root alone. Throws what
  /// the file system said, EEXIST where that run has a ledger.
  ///
  /// - Parameter survivor: stands by from the first change on that must not outlive this process; nil
  ///   where somebody else looks after one that is killed.
  public init(
    run: String, folder: String = Ledger.folder, proc: Directory, survivor: Survivor? = nil
  ) throws(SystemError) {
    self.run = run
    self.survivor = survivor
    directory = try Directory.make(folder)
    let header = LedgerHeader(
      boot: try Host.bootID(proc: proc), run: run, process: try .own(proc: proc),
      start: MonotonicClock.now())
    file = try directory.open(run, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, mode: 0o600)
    book = Mutex(Book())
    do throws(SystemError) {
      hold = try LedgerHold(run, in: directory)
    } catch {
      try? directory.delete(run)
      throw error
    }
    do throws(SystemError) {
      try book.withLock { (book) throws(SystemError) in try append(header.text, &book) }
      try directory.sync()
    } catch {
      // A run without a ledger changes nothing.
      try? directory.delete(run)
      throw error
    }
  }

  /// Notes a change before it is made; it is on disk when this returns.
  ///
  /// A run has one open entry of each thing: where there is one, it stays, learns what else the run
  /// may do to the thing, and is returned. Throws what write(2) or fsync(2) said: then do not
  /// make the change. So it is where the survivor that it needs cannot be started.
  @discardableResult public func record(_ change: Change) throws(SystemError) -> Change {
    try book.withLock { (book) throws(SystemError) -> Change in
      if change.mustNotOutlive { try survivor?.standBy() }
      guard let index = book.entries.firstIndex(where: { $0.change.thing == change.thing }) else {
        let entry = LedgerEntry(number: book.lastNumber + 1, change: change)
        try append(entry.text, &book)
        book.lastNumber = entry.number
        book.entries.append(entry)
        return change
      }
      var entry = book.entries[index]
      entry.change = entry.change.adding(change)
      if entry != book.entries[index] {
        try append(entry.text, &book)
        book.entries[index] = entry
      }
      return entry.change
    }
  }

  /// Notes that a change was put back. Nothing happens where it has no open entry.
  public func close(_ change: Change) throws(SystemError) {
    try book.withLock { (book) throws(SystemError) in
      guard let index = book.entries.firstIndex(where: { $0.change.thing == change.thing }) else {
        return
      }
      // Also where that cannot be written: to undo it once more does no harm.
      let entry = book.entries.remove(at: index)
      try append(entry.closingText, &book)
    }
  }

  /// What is not put back yet, in order of recording.
  public var open: [Change] { book.withLock { $0.entries.map(\.change) } }

  /// Lets all children of this process from now on hold the ledger, so that a later restore waits for
  /// them (`LedgerHold`).
  public func holdByChildren(on host: Host) { hold.share(by: host.actions) }

  /// Puts back everything, last change first. Nothing stops it; what fails stays open.
  public func restoreAll(on host: Host) -> [RestoreStep] {
    restore(open, on: host)
  }

  /// Puts back some of it, the last change first. What has no open entry is left out.
  @discardableResult public func restore(_ changes: [Change], on host: Host) -> [RestoreStep] {
    let things = Set(changes.map(\.thing))
    let chosen = open.filter { things.contains($0.thing) }
    let pause = UdevPause(host, ledger: self)
    var steps = Undo.all(chosen, run: run, on: host, pause: pause) {
      change throws(SystemError) in try self.close(change)
    }
    // Where udevd is one of the changes, that was told with the others.
    if !chosen.contains(where: \.isUdevd), let error = pause.close() {
      steps.append(RestoreStep(run: run, change: UdevPause.change, outcome: .failed(error)))
    }
    return steps
  }

  /// Deletes the file where everything is put back; true then. The ledger is not used after that.
  public func finish() throws(SystemError) -> Bool {
    guard open.isEmpty else { return false }
    try directory.delete(run)
    survivor?.end()
    return true
  }

  private func append(_ text: String, _ book: inout Book) throws(SystemError) {
    let bytes = Array(text.utf8)
    let object = directory.object(run)
    do throws(SystemError) {
      try file.write(bytes, object: object)
      try file.sync(object)
    } catch {
      // Half a line would spoil the next one.
      ftruncate(file.number, book.length)
      throw error
    }
    book.length += bytes.count
  }
}
