internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// Where a file stands that a user names to be written, mostly as root: its folder, held open, and its name.
///
/// A link is followed only in a folder that nobody but root and the user can write, so in /dev (/dev/stdout) and
/// not in /tmp, where others can lay one.
struct UserFile: ~Copyable {
  let folder: Descriptor
  let name: String
  /// As it was named.
  private let path: String
  /// True for a link of procfs, which leads to an open file and not by its text (proc(5)).
  private let isMagic: Bool

  /// Looks up all but the file itself, which need not be there.
  init(_ path: String) throws(SystemError) {
    func fail(_ error: Int32) -> SystemError { SystemError("open", path, error) }
    if path.isEmpty { throw fail(ENOENT) }
    var folder = try Self.folder(AT_FDCWD, path.hasPrefix("/") ? "/" : ".", path)
    var rest = Self.parts(path)
    var name = rest.isEmpty ? "." : rest.removeFirst()
    var isMagic = false
    var links = 0
    while true {
      let isLink = Self.isLink(folder.number, name)
      if isLink, try Self.isShared(folder.number, path) {
        throw Self.refusal(path, "'\(name)' is a symbolic link in a folder that others can write")
      }
      isMagic = isLink && CLinux_is_proc(folder.number)
      if isLink && !isMagic {
        links += 1
        guard links <= 40, let target = Self.target(folder.number, name) else { throw fail(ELOOP) }
        if target.hasPrefix("/") { folder = try Self.folder(AT_FDCWD, "/", path) }
        rest = Self.parts(target) + rest
      } else if rest.isEmpty {
        break
      } else {
        folder = try Self.folder(folder.number, name, path, isMagic ? 0 : O_NOFOLLOW)
      }
      name = rest.isEmpty ? "." : rest.removeFirst()
    }
    self.folder = folder
    self.name = name
    self.path = path
    self.isMagic = isMagic
  }

  /// Opens it for writing, and makes it where it is not there. The caller closes its number.
  func open() throws(SystemError) -> (number: Int32, isNew: Bool) {
    if path.hasSuffix("/") { throw SystemError("open", path, EISDIR) }
    let flags = O_WRONLY | (isMagic ? 0 : O_NOFOLLOW)
    let new = unsafe CLinux_openat(folder.number, name, flags | O_CREAT | O_EXCL, 0o644)
    if new >= 0 { return (new, true) }
    guard errno == EEXIST else { throw SystemError("open", path, errno) }
    let old = unsafe CLinux_openat(folder.number, name, flags, 0)
    guard old >= 0 else { throw SystemError("open", path, errno) }
    let file = Descriptor(owning: old)
    var status = stat()
    guard unsafe fstat(old, &status) == 0 else { throw SystemError("stat", path, errno) }
    // A second name of a file that the user cannot write himself (CWE-62).
    if status.st_mode & S_IFMT == S_IFREG, status.st_nlink > 1,
      try Self.isShared(folder.number, path)
    {
      throw Self.refusal(path, "it has another name elsewhere, in a folder that others can write")
    }
    return (file.release(), false)
  }

  func remove() { unsafe unlinkat(folder.number, name, 0) }

  /// Opens it as a folder, and makes it where it is not there.
  func openFolder() throws(SystemError) -> Directory {
    if unsafe mkdirat(folder.number, name, 0o755) < 0 && errno != EEXIST {
      throw SystemError("mkdir", path, errno)
    }
    let number = unsafe CLinux_openat(
      folder.number, name, O_RDONLY | O_DIRECTORY | (isMagic ? 0 : O_NOFOLLOW), 0)
    guard number >= 0 else { throw SystemError("open", path, errno) }
    let opened = Directory(path: path, descriptor: Descriptor(owning: number))
    if unsafe faccessat(number, ".", W_OK, 0) < 0 { throw SystemError("write", path, errno) }
    return opened
  }

  // MARK: - Components

  private static func parts(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.map(String.init)
  }

  private static func folder(
    _ above: Int32, _ name: String, _ path: String, _ flags: Int32 = 0
  ) throws(SystemError) -> Descriptor {
    let number = unsafe CLinux_open_place(above, name, flags)
    guard number >= 0 else { throw SystemError("open", path, errno) }
    return Descriptor(owning: number)
  }

  private static func isLink(_ folder: Int32, _ name: String) -> Bool {
    var status = stat()
    return unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      && status.st_mode & S_IFMT == S_IFLNK
  }

  private static func target(_ folder: Int32, _ name: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe readlinkat(folder, name, $0.baseAddress!, $0.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// True where others than root and the user can make names in it.
  private static func isShared(_ folder: Int32, _ path: String) throws(SystemError) -> Bool {
    var status = stat()
    guard unsafe fstat(folder, &status) == 0 else { throw SystemError("stat", path, errno) }
    let isOurs = status.st_uid == 0 || status.st_uid == geteuid()
    return !isOurs || status.st_mode & (S_IWGRP | S_IWOTH) != 0
  }

  private static func refusal(_ path: String, _ reason: String) -> SystemError {
    SystemError(call: "open", object: path, errno: ELOOP, reason: reason)
  }
}
