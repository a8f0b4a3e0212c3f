internal import DriverModel
internal import Evidence
internal import Glibc
internal import Synchronization

/// Findings on disk until the journal has them.
///
/// Each process has a folder of its own in it, made with its first finding. What a process leaves
/// is taken over by the next one that looks. It is bounded: what is too much goes, the oldest first.
public final class Outbox: Sendable {
  public static let folder = "/var/lib/bindrace/outbox"
  /// What the names of files end with that cannot be read.
  static let damaged = ".damaged"

  /// How much there may be in it, of all processes together.
  public struct Limits: Sendable {
    public var findings: Int
    public var bytes: Int

    public init(findings: Int = 10_000, bytes: Int = 64 << 20) {
      self.findings = findings
      self.bytes = bytes
    }
  }

  /// A finding on disk, or one that was.
  struct Kept: Sendable {
    let entry: JournalEntry
    let id: Int

    func isSame(as other: Kept?) -> Bool { id == other?.id }
  }

  /// What other processes left.
  struct Left: Sendable {
    /// Oldest first.
    var kept: [Kept] = []
    /// Paths of files that cannot be read, where they are kept now.
    var damaged: [String] = []
    var errors: [SystemError] = []
  }

  /// A file that is this process's: its own, or taken over.
  struct File {
    let folder: OutboxFolder
    var name: OutboxName
    let size: Int
    /// When its finding was written, which tells the oldest.
    let time: Int64
  }

  struct State {
    var own: OutboxFolder?
    var files: [Int: File] = [:]
    var lastID = 0
    var lastNumber = 0
    /// Bytes of `files`.
    var bytes = 0
    /// What others have, when it was last looked; nil where it was not yet.
    var others: (findings: Int, bytes: Int)?
  }

  private let run: String
  let path: String
  let limits: Limits
  private let boot: String
  private let state = Mutex(State())

  /// Touches nothing yet.
  ///
  /// - Parameters:
  ///   - run: names the folder of this process.
  ///   - boot: names this boot of the host.
  public init(
    run: String, folder: String = Outbox.folder, limits: Limits = Limits(),
    boot: String? = Outbox.boot
  ) {
    self.run = run
    path = folder
    self.limits = limits
    self.boot = boot.map { String($0.prefix(12)) } ?? "0"
  }

  /// The id of this boot, 32 hexadecimal digits.
  public static var boot: String? {
    try? Directory("/proc").text("sys/kernel/random/boot_id").replacing("-", with: "")
  }

  /// Writes a finding; it is on disk when this returns. Where the outbox is full the oldest findings go.
  ///
  /// - Returns: what is kept, and what went for it.
  /// - Throws: ENOSPC where there is no room but that of other processes, else what the file system said. Nothing
  ///   is kept then.
  func keep(_ entry: JournalEntry) throws(SystemError) -> (kept: Kept, dropped: [Kept]) {
    let bytes = JournalExport.encode(entry)
    return try state.withLock { (state) throws(SystemError) in
      let own = try own(&state)
      let dropped = try makeRoom(for: bytes.count, &state)
      let name = OutboxName(number: state.lastNumber + 1)
      try own.write(bytes, as: name.text)
      state.lastNumber += 1
      let kept = add(
        entry, File(folder: own, name: name, size: bytes.count, time: entry.written), &state)
      return (kept, dropped)
    }
  }

  /// Nobody needs it any more. What went already is no error.
  func delete(_ kept: Kept) throws(SystemError) {
    try state.withLock { (state) throws(SystemError) in
      _ = try remove(kept.id, &state)
    }
  }

  /// False for what had to go for others.
  func has(_ kept: Kept) -> Bool { state.withLock { $0.files[kept.id] != nil } }

  /// How often it was handed to journald in this boot, by whatever process; nil where another boot was the last to
  /// do that, with which the journal may have lost it.
  func sends(_ kept: Kept) -> Int? {
    state.withLock { state in
      guard let name = state.files[kept.id]?.name, name.sends > 0 else { return 0 }
      return name.boot == boot ? name.sends : nil
    }
  }

  /// It is handed to journald now. That stands in its name, and need not survive a crash of the host: with that the
  /// journal may lose it too.
  func noteSend(_ kept: Kept) throws(SystemError) {
    let before = sends(kept) ?? 0
    try state.withLock { (state) throws(SystemError) in
      guard let file = state.files[kept.id] else { return }
      var name = file.name
      name.sends = before + 1
      name.boot = boot
      try file.folder.rename(file.name.text, to: name.text)
      state.files[kept.id]?.name = name
    }
  }

  /// Takes over the folders of processes that have ended. They are this process's from now on.
  func takeLeft() -> Left {
    var left = Left()
    do throws(SystemError) {
      let parent: Directory
      do throws(SystemError) {
        parent = try Directory(path)
      } catch {
        if error.errno == ENOENT { return left }
        throw error
      }
      for name in try parent.names() where !name.contains(Self.damaged) {
        do throws(SystemError) {
          if let folder = try OutboxFolder(taking: name, in: parent) { take(folder, into: &left) }
        } catch {
          left.errors.append(error)
        }
      }
    } catch {
      left.errors.append(error)
    }
    return left
  }

  /// Nothing of this process is to be kept any more.
  func close() {
    state.withLock { state in
      state.own?.removeIfEmpty()
      state.own = nil
    }
  }

  private func take(_ folder: OutboxFolder, into left: inout Left) {
    do throws(SystemError) {
      for text in try folder.names() {
        let bytes = try folder.bytes(text)
        guard let name = OutboxName(text), let entry = JournalExport.decode(bytes), entry.isFinding
        else {
          left.damaged.append(try folder.keepAside(text))
          continue
        }
        let file = File(folder: folder, name: name, size: bytes.count, time: entry.written)
        left.kept.append(state.withLock { add(entry, file, &$0) })
      }
    } catch {
      left.errors.append(error)
    }
    folder.removeIfEmpty()
  }

  private func add(_ entry: JournalEntry, _ file: File, _ state: inout State) -> Kept {
    state.lastID += 1
    state.files[state.lastID] = file
    state.bytes += file.size
    return Kept(entry: entry, id: state.lastID)
  }

  func remove(_ id: Int, _ state: inout State) throws(SystemError) -> Bool {
    guard let file = state.files[id] else { return false }
    try file.folder.delete(file.name.text)
    state.files[id] = nil
    state.bytes -= file.size
    if file.folder !== state.own { file.folder.removeIfEmpty() }
    return true
  }

  /// The folder of this process.
  private func own(_ state: inout State) throws(SystemError) -> OutboxFolder {
    if let own = state.own { return own }
    let own = try OutboxFolder.make(run, in: try Directory.make(path))
    state.own = own
    return own
  }
}

extension JournalEntry {
  /// Microseconds since 1970; 0 where that is not known.
  fileprivate var written: Int64 { self[.realtime].flatMap { Int64($0) } ?? 0 }
}
