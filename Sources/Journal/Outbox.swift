internal import DriverModel
internal import Evidence
internal import Glibc
internal import Synchronization

/// Findings on disk until the journal has them.
///
/// Each process has a folder of its own in it, made with its first finding. What a process leaves
/// is taken over by the next one that looks.
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

  /// A finding on disk.
  struct Kept: Sendable {
    let entry: JournalEntry
    let size: Int
    fileprivate let folder: OutboxFolder
    fileprivate let name: String
  }

  /// What other processes left.
  struct Left: Sendable {
    /// Oldest first.
    var kept: [Kept] = []
    /// Paths of files that cannot be read, where they are kept now.
    var damaged: [String] = []
    var errors: [SystemError] = []
  }

  private struct State {
    /// Nil before the first finding.
    var parent: Directory?
    var own: OutboxFolder?
    var lastNumber = 0
    var findings = 0
    var bytes = 0
  }

  private let run: String
  private let path: String
  private let limits: Limits
  private let state = Mutex(State())

  /// Touches nothing yet.
  ///
  /// - Parameter run: names the folder of this process.
  public init(run: String, folder: String = Outbox.folder, limits: Limits = Limits()) {
    self.run = run
    path = folder
    self.limits = limits
  }

  /// Writes a finding; it is on disk when this returns.
  ///
  /// - Throws: ENOSPC where the outbox is full, else what the file system said. Nothing is kept then.
  func keep(_ entry: JournalEntry) throws(SystemError) -> Kept {
    let bytes = JournalExport.encode(entry)
    return try state.withLock { (state) throws(SystemError) in
      let own = try own(&state)
      guard state.findings < limits.findings, state.bytes + bytes.count <= limits.bytes else {
        var error = SystemError("write", path, ENOSPC)
        error.reason = "the outbox is full with \(state.findings) findings, \(state.bytes) bytes"
        throw error
      }
      let name = fileName(state.lastNumber + 1)
      try own.write(bytes, as: name)
      state.lastNumber += 1
      state.findings += 1
      state.bytes += bytes.count
      return Kept(entry: entry, size: bytes.count, folder: own, name: name)
    }
  }

  /// The journal has it.
  func delete(_ kept: Kept) throws(SystemError) {
    try kept.folder.delete(kept.name)
    state.withLock { state in
      state.findings -= 1
      state.bytes -= kept.size
      if kept.folder !== state.own { kept.folder.removeIfEmpty() }
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
      for name in try folder.names() {
        let bytes = try folder.bytes(name)
        if let entry = JournalExport.decode(bytes), entry.isFinding {
          left.kept.append(Kept(entry: entry, size: bytes.count, folder: folder, name: name))
        } else {
          left.damaged.append(try folder.keepAside(name))
        }
      }
    } catch {
      left.errors.append(error)
    }
    folder.removeIfEmpty()
  }

  /// The folder of this process, and what there is in all of them before the first finding.
  private func own(_ state: inout State) throws(SystemError) -> OutboxFolder {
    if let own = state.own { return own }
    let parent = try Directory.make(path)
    for name in try parent.names() { count(name, in: parent, &state) }
    let own = try OutboxFolder.make(run, in: parent)
    state.own = own
    return own
  }

  /// Counts a file that was kept aside, or the files of a folder. What goes meanwhile is not counted.
  private func count(_ name: String, in parent: Directory, _ state: inout State) {
    let files = ((try? parent.names(name)) ?? []).map { "\(name)/\($0)" }
    for file in name.contains(Self.damaged) ? [name] : files {
      guard let size = parent.size(file) else { continue }
      state.findings += 1
      state.bytes += size
    }
  }
}

/// The number with zeros before it, so that names are in order.
private func fileName(_ number: Int) -> String {
  let digits = "\(number)"
  return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
}

extension Directory {
  /// Bytes of a file; nil where there is none.
  fileprivate func size(_ name: String) -> Int? {
    var status = stat()
    guard unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return Int(status.st_size)
  }
}
