public import Evidence
internal import Glibc

/// What has to survive a crash of the host is written by these.
extension Directory {
  /// Opens a folder; what is missing of its path is made first, on disk, for root alone.
  public static func make(_ path: String) throws(SystemError) -> Directory {
    do {
      return try Directory(path)
    } catch  where error.errno == ENOENT {
      let parts = path.split(separator: "/")
      guard let name = parts.last else { throw error }
      let parent = try make(
        (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/"))
      let made = unsafe FileName.withCString(String(name)) {
        unsafe mkdirat(parent.number, $0, 0o700)
      }
      guard made == 0 || errno == EEXIST else {
        throw SystemError("mkdir", path, errno)
      }
      try parent.sync()
      return try parent.directory(String(name))
    }
  }

  /// Its names are on disk when this returns (fsync(2)).
  public func sync() throws(SystemError) {
    guard fsync(number) == 0 else { throw SystemError("fsync", path, errno) }
  }

  /// Removes a file, on disk too.
  public func delete(_ name: String) throws(SystemError) {
    guard unsafe FileName.withCString(name, { unsafe unlinkat(number, $0, 0) }) == 0 else {
      throw SystemError("unlink", object(name), errno)
    }
    try sync()
  }
}

extension Descriptor {
  /// What was written is on disk when this returns.
  ///
  /// The times are set first: on an ext4 without a journal even fsync(2) writes the new length only
  /// where a time has changed too (ext4_fsync_nojournal() looks at I_DIRTY, which ext4_write_end()
  /// does not set), and with inodes of 128 bytes a time changes once a second.
  public func sync(_ object: String) throws(SystemError) {
    guard futimens(number, nil) == 0 else { throw SystemError("utimensat", object, errno) }
    guard fsync(number) == 0 else { throw SystemError("fsync", object, errno) }
  }
}
