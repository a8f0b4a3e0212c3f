internal import CLinux
public import Evidence
internal import Glibc

/// An open directory; all access to sysfs, tracefs, procfs and the ledger is relative to one.
///
/// Tests inject another directory as the root of /sys or /proc. Paths are relative, without a
/// leading slash. Names and what is read are as `FileName` decodes them, so that any name leads back
/// to its file.
public final class Directory: Sendable {
  /// For messages only.
  public let path: String
  private let descriptor: Descriptor

  /// The number of the descriptor, for preopened descriptors of the racing path. Do not close it.
  public var number: Int32 { descriptor.number }

  /// Opens an absolute path.
  public init(_ path: String) throws(SystemError) {
    let number = unsafe FileName.withCString(path) {
      unsafe CLinux_openat(AT_FDCWD, $0, O_RDONLY | O_DIRECTORY, 0)
    }
    guard number >= 0 else { throw SystemError("open", path, errno) }
    self.path = path
    descriptor = Descriptor(owning: number)
  }

  /// Takes a directory that is open; `path` is for messages.
  public init(path: String, descriptor: consuming Descriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Opens a directory below this one.
  public func directory(_ name: String) throws(SystemError) -> Directory {
    Directory(path: object(name), descriptor: try open(name, O_RDONLY | O_DIRECTORY))
  }

  /// Opens a file below this one. O_CLOEXEC is always set.
  public func open(_ name: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError)
    -> Descriptor
  {
    let number = unsafe FileName.withCString(name) {
      unsafe CLinux_openat(descriptor.number, $0, flags, mode)
    }
    guard number >= 0 else { throw SystemError("open", object(name), errno) }
    return Descriptor(owning: number)
  }

  /// The bytes of a file.
  public func bytes(_ name: String) throws(SystemError) -> [UInt8] {
    try open(name, O_RDONLY | O_NONBLOCK).readAll(object: object(name))
  }

  /// The text of a file, without trailing white space.
  public func text(_ name: String) throws(SystemError) -> String {
    var bytes = try bytes(name)
    while let last = bytes.last, last == 0x0a || last == 0x20 || last == 0 { bytes.removeLast() }
    return FileName.decode(bytes)
  }

  /// Writes `text` to an existing file in one write(2).
  public func write(_ name: String, _ text: String, flags: Int32 = 0) throws(SystemError) {
    try open(name, O_WRONLY | flags).write(FileName.encode(text), object: object(name))
  }

  /// Names in this directory, sorted, without "." and "..".
  public func names(_ name: String = ".") throws(SystemError) -> [String] {
    try names(name) { _ in true }
  }

  /// The same of folders alone; a link is none.
  public func folderNames(_ name: String = ".") throws(SystemError) -> [String] {
    try names(name) { $0 == DT_DIR }
  }

  /// - Parameter isWanted: by the type that readdir(3) tells.
  private func names(_ name: String, _ isWanted: (Int) -> Bool) throws(SystemError) -> [String] {
    let number = try open(name, O_RDONLY | O_DIRECTORY).release()
    guard let stream = unsafe fdopendir(number) else {
      let error = errno
      close(number)
      throw SystemError("fdopendir", object(name), error)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      guard isWanted(Int(unsafe entry.pointee.d_type)) else { continue }
      // By address: an entry is as long as its name, and the type's whole array is not behind it.
      let name = unsafe UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
      let length = unsafe strlen(name.assumingMemoryBound(to: CChar.self))
      let text = unsafe FileName.decode(UnsafeRawBufferPointer(start: name, count: length))
      if text != "." && text != ".." { names.append(text) }
    }
    return names.sorted()
  }

  /// What a symbolic link holds; nil where there is none.
  public func link(_ name: String) throws(SystemError) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe buffer.withUnsafeMutableBytes { buffer in
      unsafe FileName.withCString(name) {
        unsafe readlinkat(descriptor.number, $0, buffer.baseAddress!, buffer.count)
      }
    }
    if count >= 0 { return FileName.decode(buffer[..<count]) }
    let error = errno
    if error == ENOENT || error == EINVAL || error == ENOTDIR { return nil }
    throw SystemError("readlink", object(name), error)
  }

  /// The last component of what a symbolic link holds; nil where there is none.
  public func linkName(_ name: String) throws(SystemError) -> String? {
    try link(name).map { $0.split(separator: "/").last.map(String.init) ?? $0 }
  }

  /// True when something of that name exists; symbolic links are followed.
  public func exists(_ name: String) -> Bool {
    unsafe FileName.withCString(name) { unsafe faccessat(descriptor.number, $0, F_OK, 0) } == 0
  }

  /// The number of what is there, links not followed; nil where there is nothing.
  ///
  /// Sysfs gives none twice in a boot (kernfs_new_node()), so what went and came again has another.
  public func inode(_ name: String) -> UInt64? {
    var status = stat()
    let result = unsafe FileName.withCString(name) {
      unsafe fstatat(descriptor.number, $0, &status, AT_SYMLINK_NOFOLLOW)
    }
    guard result == 0 else { return nil }
    return UInt64(status.st_ino)
  }

  /// The full path of something below this directory, for messages.
  public func object(_ name: String) -> String {
    name == "." ? path : path.hasSuffix("/") ? path + name : path + "/" + name
  }
}
