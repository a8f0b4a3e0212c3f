internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// A file that a user names to be read.
enum InputFile {
  /// More than any result of a run; what has no end must not fill the memory.
  private static let limit = 1 << 28

  /// All of it.
  static func bytes(_ path: String) throws(SystemError) -> [UInt8] {
    let number = unsafe CLinux_openat(AT_FDCWD, path, O_RDONLY, 0)
    guard number >= 0 else { throw SystemError("open", path, errno) }
    let file = Descriptor(owning: number)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let (count, error) = unsafe chunk.withUnsafeMutableBytes { buffer in
        retryingInterrupts { unsafe read(file.number, buffer.baseAddress, buffer.count) }
      }
      if count < 0 { throw SystemError("read", path, error) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > limit { throw SystemError("read", path, EFBIG) }
    }
  }
}
