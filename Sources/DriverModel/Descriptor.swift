internal import CLinux
public import Evidence
internal import Glibc

/// Owns one file descriptor and closes it at the end of its life.
public struct Descriptor: ~Copyable, Sendable {
  /// The number, for calls that this type does not offer. Do not close it.
  public let number: Int32

  /// Takes over `number`, which must be open and owned by nobody else.
  public init(owning number: Int32) {
    self.number = number
  }

  deinit { close(number) }

  /// Gives the number away; the caller closes it.
  public consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }

  /// Reads to the end of the file (or until a read would block).
  public func readAll(object: String) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    try unsafe readOn(object: object) {
      unsafe bytes.append(contentsOf: $0)
      return true
    }
    return bytes
  }

  /// Reads piece by piece to the end of the file, until a read would block, or as long as `body` wants more.
  public func readOn(object: String, _ body: (UnsafeRawBufferPointer) -> Bool)
    throws(SystemError)
  {
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let (count, error) = unsafe chunk.withUnsafeMutableBytes { buffer in
        retryingInterrupts { unsafe read(number, buffer.baseAddress, buffer.count) }
      }
      if count > 0 {
        let wantsMore = unsafe chunk.withUnsafeBytes {
          unsafe body(UnsafeRawBufferPointer(rebasing: $0[..<count]))
        }
        if !wantsMore { return }
      } else if count == 0 || error == EAGAIN {
        return
      } else {
        throw SystemError("read", object, error)
      }
    }
  }

  /// Writes all of `bytes` in one write(2), as sysfs and tracefs want it.
  public func write(_ bytes: [UInt8], object: String) throws(SystemError) {
    let (count, error) = unsafe bytes.withUnsafeBytes { buffer in
      retryingInterrupts { unsafe Glibc.write(number, buffer.baseAddress, buffer.count) }
    }
    if count < 0 { throw SystemError("write", object, error) }
    if count != bytes.count { throw SystemError("write", object, EIO) }
  }
}

/// Calls until it is not interrupted by a signal; the result, and the errno where it is negative.
public func retryingInterrupts(_ call: () -> Int) -> (result: Int, errno: Int32) {
  while true {
    let result = call()
    let error = result < 0 ? errno : 0
    if error != EINTR { return (result, error) }
  }
}

extension SystemError {
  /// The error of a call that just failed with `errno` on `object`.
  public init(_ call: String, _ object: String, _ errno: Int32) {
    self.init(
      call: call, object: object, errno: errno,
      reason: unsafe String(cString: CLinux_errno_text(errno)))
  }
}
