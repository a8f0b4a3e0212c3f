internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// The folder of one process in the outbox: a file for each finding, and a flock(2) on the folder
/// itself, which the kernel drops with the process.
final class OutboxFolder: Sendable {
  let name: String
  private let parent: Directory
  private let directory: Directory

  /// Makes a folder for this process; where one of that name is there, its name gets a number.
  static func make(_ name: String, in parent: Directory) throws(SystemError) -> OutboxFolder {
    for number in 1...1000 {
      let name = number == 1 ? name : "\(name).\(number)"
      guard unsafe mkdirat(parent.number, name, 0o700) == 0 else {
        if errno == EEXIST { continue }
        throw SystemError("mkdir", parent.object(name), errno)
      }
      // Somebody who looks for what was left may have it already, and removes it.
      guard let folder = try OutboxFolder(taking: name, in: parent) else { continue }
      try parent.sync()
      return folder
    }
    throw SystemError("mkdir", parent.object(name), EEXIST)
  }

  /// Takes a folder whose process has ended; nil where that lives, or where it is gone.
  init?(taking name: String, in parent: Directory) throws(SystemError) {
    do throws(SystemError) {
      directory = try parent.directory(name)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
    guard CLinux_lock_exclusive(directory.number) == 0 else {
      if errno == EWOULDBLOCK { return nil }
      throw SystemError("flock", directory.path, errno)
    }
    // Whoever had it before may have removed it.
    guard parent.inode(name) == directory.inode(".") else { return nil }
    self.name = name
    self.parent = parent
  }

  /// A child that was just forked holds the lock as long as it has the descriptor, which is until it is another
  /// program.
  deinit { _ = CLinux_unlock(directory.number) }

  /// The files in it, oldest first.
  func names() throws(SystemError) -> [String] { try directory.names() }

  func bytes(_ name: String) throws(SystemError) -> [UInt8] { try directory.bytes(name) }

  /// Writes a file; it is on disk when this returns.
  func write(_ bytes: [UInt8], as name: String) throws(SystemError) {
    let object = directory.object(name)
    let file = try directory.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    do throws(SystemError) {
      try file.write(bytes, object: object)
      try file.sync(object)
      try directory.sync()
    } catch {
      // Half a finding would be taken for a damaged one.
      _ = unsafe unlinkat(directory.number, name, 0)
      throw error
    }
  }

  /// Gives a file another name, in its own time on disk.
  func rename(_ name: String, to other: String) throws(SystemError) {
    guard unsafe renameat(directory.number, name, directory.number, other) == 0 else {
      throw SystemError("rename", directory.object(name), errno)
    }
  }

  func delete(_ name: String) throws(SystemError) { try directory.delete(name) }

  /// Moves a file next to the folders, where nobody reads it again; its path then.
  func keepAside(_ name: String) throws(SystemError) -> String {
    let path = try firstFree("\(self.name).\(name)\(Outbox.damaged)")
    guard unsafe renameat(directory.number, name, parent.number, path) == 0 else {
      throw SystemError("rename", directory.object(name), errno)
    }
    try parent.sync()
    return parent.object(path)
  }

  private func firstFree(_ name: String) throws(SystemError) -> String {
    if !parent.exists(name) { return name }
    for number in 2...1000 where !parent.exists("\(name).\(number)") { return "\(name).\(number)" }
    throw SystemError("rename", parent.object(name), EEXIST)
  }

  /// Removes the folder where nothing is left in it.
  func removeIfEmpty() { _ = unsafe unlinkat(parent.number, name, AT_REMOVEDIR) }
}
