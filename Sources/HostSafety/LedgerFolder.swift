internal import DriverModel
internal import Evidence
internal import Glibc

/// The folder of ledgers, a file for each run.
enum LedgerFolder {
  /// The ending of ledgers that were damaged, once their readable entries are put back.
  static let damaged = ".damaged"

  /// Opens it; what is missing of its path is made first, on disk, for root alone.
  static func make(_ path: String) throws(SystemError) -> Directory {
    do {
      return try Directory(path)
    } catch  where error.errno == ENOENT {
      let parts = path.split(separator: "/")
      guard let name = parts.last else { throw error }
      let parent = try make(
        (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/"))
      guard unsafe mkdirat(parent.number, String(name), 0o700) == 0 || errno == EEXIST else {
        throw SystemError("mkdir", path, errno)
      }
      try sync(parent)
      return try parent.directory(String(name))
    }
  }

  static func sync(_ directory: Directory) throws(SystemError) {
    guard fsync(directory.number) == 0 else { throw SystemError("fsync", directory.path, errno) }
  }

  static func delete(_ run: String, in directory: Directory) throws(SystemError) {
    guard unsafe unlinkat(directory.number, run, 0) == 0 else {
      throw SystemError("unlink", directory.object(run), errno)
    }
    try sync(directory)
  }

  static func keepAside(_ run: String, in directory: Directory) throws(SystemError) {
    guard unsafe renameat(directory.number, run, directory.number, run + damaged) == 0 else {
      throw SystemError("rename", directory.object(run), errno)
    }
    try sync(directory)
  }
}
