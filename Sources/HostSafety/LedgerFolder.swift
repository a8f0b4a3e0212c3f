internal import DriverModel
internal import Evidence
internal import Glibc

/// The folder of ledgers, a file for each run.
enum LedgerFolder {
  /// What comes behind the name of a ledger that was kept aside.
  enum Aside: String, CaseIterable {
    /// It was damaged; its readable entries are put back.
    case damaged = ".damaged"
    /// A later version of bindrace wrote it, so nothing was put back by it.
    case newer = ".newer"
  }

  static func isAside(_ name: String) -> Bool {
    Aside.allCases.contains { name.contains($0.rawValue) }
  }

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

  /// The times are set first: on an ext4 without a journal even fsync(2) writes the new length only
  /// where a time has changed too (ext4_fsync_nojournal() looks at I_DIRTY, which ext4_write_end()
  /// does not set), and with inodes of 128 bytes a time changes once a second.
  static func sync(_ file: borrowing Descriptor, _ object: String) throws(SystemError) {
    guard futimens(file.number, nil) == 0 else {
      throw SystemError("utimensat", object, errno)
    }
    guard fsync(file.number) == 0 else { throw SystemError("fsync", object, errno) }
  }

  static func delete(_ run: String, in directory: Directory) throws(SystemError) {
    guard unsafe unlinkat(directory.number, run, 0) == 0 else {
      throw SystemError("unlink", directory.object(run), errno)
    }
    try sync(directory)
  }

  /// Its name afterwards. None that was kept before is written over.
  static func keepAside(_ run: String, as aside: Aside, in directory: Directory)
    throws(SystemError) -> String
  {
    var name = run + aside.rawValue
    var count = 1
    while directory.exists(name) {
      count += 1
      name = "\(run)\(aside.rawValue).\(count)"
    }
    guard unsafe renameat(directory.number, run, directory.number, name) == 0 else {
      throw SystemError("rename", directory.object(run), errno)
    }
    try sync(directory)
    return directory.object(name)
  }
}
