internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// What the throwaway child of `KernelActions` does: `bindrace __write PATH TEXT` and
/// `bindrace __read PATH`.
public enum WaitingChild {
  public static let writeCommand = "__write"
  public static let readCommand = "__read"

  /// True where these arguments, without the program's name, are for `run(_:)`.
  public static func isMeant(by arguments: [String]) -> Bool {
    arguments.first == writeCommand || arguments.first == readCommand
  }

  /// Does it; the exit status, which is 0 or the positive errno(3).
  public static func run(_ arguments: [String]) -> Int32 {
    do throws(SystemError) {
      if arguments.first == writeCommand, arguments.count == 3 {
        try write(arguments[1], arguments[2])
      } else if arguments.first == readCommand, arguments.count == 2 {
        try print(try read(arguments[1]))
      } else {
        return EINVAL
      }
      return 0
    } catch {
      return error.errno
    }
  }

  static func write(_ path: String, _ text: String, flags: Int32 = 0) throws(SystemError) {
    let number = unsafe CLinux_openat(AT_FDCWD, path, O_WRONLY | flags, 0)
    guard number >= 0 else { throw SystemError("open", path, errno) }
    try Descriptor(owning: number).write(Array(text.utf8), object: path)
  }

  private static func read(_ path: String) throws(SystemError) -> [UInt8] {
    let number = unsafe CLinux_openat(AT_FDCWD, path, O_RDONLY, 0)
    guard number >= 0 else { throw SystemError("open", path, errno) }
    var bytes = try Descriptor(owning: number).readAll(object: path)
    while let last = bytes.last, last == 0x0a || last == 0x20 { bytes.removeLast() }
    return bytes
  }

  private static func print(_ bytes: [UInt8]) throws(SystemError) {
    if bytes.isEmpty { return }
    let output = Descriptor(owning: STDOUT_FILENO)
    try output.write(bytes, object: "standard output")
    _ = output.release()
  }
}
