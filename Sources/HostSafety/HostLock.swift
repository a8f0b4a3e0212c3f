internal import CLinux
public import DriverModel
public import Evidence
internal import Glibc

/// The right to change this host: one exclusive flock(2), held until the object goes away.
///
/// Children do not inherit it (O_CLOEXEC). What the file says of its holder is for messages; the
/// lock alone is the truth, so what a dead holder left in it does no harm.
public final class HostLock: Sendable {
  public static let path = "/run/bindrace.lock"

  /// Somebody else holds the lock.
  public struct Held: Sendable, Equatable, CustomStringConvertible {
    public var path: String
    /// Nil where the holder has not yet written who it is.
    public var pid: Int32?
    /// Its command line.
    public var command: String?

    public var description: String {
      guard let pid else { return "another process holds \(path)" }
      return "process \(pid) (\(command ?? "?")) holds \(path)"
    }
  }

  public enum Failure: Error, Equatable, CustomStringConvertible {
    case held(Held)
    case system(SystemError)

    public var description: String {
      switch self {
      case .held(let held): held.description
      case .system(let error): error.description
      }
    }
  }

  private let file: Descriptor

  /// Takes the lock, or says at once who holds it.
  public init(_ path: String = HostLock.path, proc: Directory? = nil) throws(Failure) {
    do throws(SystemError) {
      let number = unsafe CLinux_openat(AT_FDCWD, path, O_RDWR | O_CREAT, 0o600)
      guard number >= 0 else { throw SystemError("open", path, errno) }
      file = Descriptor(owning: number)
      guard CLinux_lock_exclusive(file.number) == 0 else {
        throw SystemError("flock", path, errno)
      }
      let proc = if let proc { proc } else { try Directory("/proc") }
      try Self.writeHolder(file, path, proc)
    } catch {
      if error.call == "flock", error.errno == EWOULDBLOCK {
        throw .held(Self.holder(path))
      }
      throw .system(error)
    }
  }

  private static func writeHolder(
    _ file: borrowing Descriptor, _ path: String, _ proc: Directory
  ) throws(SystemError) {
    let own = try ProcessIdentity.own(proc: proc)
    let command = try proc.bytes("self/cmdline").split(separator: 0)
      .map { Line.escape(String(decoding: $0, as: UTF8.self)) }.joined(separator: " ")
    guard ftruncate(file.number, 0) == 0 else { throw SystemError("ftruncate", path, errno) }
    try file.write(Array("\(own.pid) \(own.start) \(command)\n".utf8), object: path)
  }

  /// What the file says. It is read without the lock, so it can be about to be written.
  private static func holder(_ path: String) -> Held {
    var held = Held(path: path, pid: nil, command: nil)
    let number = unsafe CLinux_openat(AT_FDCWD, path, O_RDONLY, 0)
    guard number >= 0, let bytes = try? Descriptor(owning: number).readAll(object: path),
      bytes.last == 0x0a
    else { return held }
    let words = String(decoding: bytes.dropLast(), as: UTF8.self)
      .split(separator: " ", omittingEmptySubsequences: false)
    guard words.count >= 2 else { return held }
    held.pid = Int32(words[0])
    held.command = words[2...].map { Line.unescape(String($0)) ?? String($0) }
      .joined(separator: " ")
    return held
  }
}
