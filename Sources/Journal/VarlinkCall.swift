internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// One call without parameters over varlink (varlink.org): a JSON object with a NUL behind it each
/// way.
struct VarlinkCall: ~Copyable {
  private let path: String
  private let socket: Descriptor

  init(_ path: String) throws(SystemError) {
    let number = unsafe CLinux_connect_unix(path)
    guard number >= 0 else { throw SystemError("connect", path, errno) }
    self.path = path
    socket = Descriptor(owning: number)
  }

  /// Calls, and waits for the answer. Throws ETIMEDOUT where none comes, EPROTO where it is an error.
  func call(_ method: String, limit: Duration) throws(SystemError) {
    try socket.write(Array(#"{"method":"\#(method)"}"#.utf8) + [0], object: path)
    let end = MonotonicClock.now() + limit
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while answer.last != 0 {
      let rest = max(0, (end - MonotonicClock.now()) / 1_000_000)
      var wanted = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
      let count = unsafe poll(&wanted, 1, Int32(clamping: rest))
      if count == 0 { throw SystemError(method, path, ETIMEDOUT) }
      if count < 0 && errno != EINTR { throw SystemError("poll", path, errno) }
      if count < 0 { continue }
      let (read, error) = unsafe chunk.withUnsafeMutableBytes { buffer in
        retryingInterrupts { unsafe Glibc.read(socket.number, buffer.baseAddress, buffer.count) }
      }
      if read < 0 { throw SystemError("read", path, error) }
      if read == 0 { throw SystemError(method, path, ECONNRESET) }
      answer += chunk[..<read]
    }
    if String(decoding: answer, as: UTF8.self).contains(#""error""#) {
      throw SystemError(method, path, EPROTO)
    }
  }
}
