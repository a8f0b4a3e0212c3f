internal import CLinux
public import Evidence
internal import Glibc

/// A child process, started with posix_spawn(3) and waited for with a deadline.
///
/// Its standard input is /dev/null; its errors, and its output where asked, are kept up to a bound
/// and discarded beyond it. It has our environment, no descriptor of ours, no signal blocked or
/// ignored, and a process group of its own, so that Ctrl-C does not end it halfway.
public struct ChildProcess: ~Copyable {
  /// How it ended.
  public enum Outcome: Sendable, Equatable {
    case exited(Int32)
    /// By this signal, without or with a core dump.
    case signalled(Int32)
    /// It still runs. It was sent SIGKILL, which a sleep in the kernel can outlast.
    case deadline
  }

  /// Known as soon as it is started; its own until it was waited for to its end.
  public let pid: Int32
  /// When it was started.
  public let start: Time
  /// What it wrote so far, up to the bound; bytes that are no UTF-8 are replaced.
  public var output: String { String(decoding: outputPipe.bytes, as: UTF8.self) }
  public var errors: String { String(decoding: errorPipe.bytes, as: UTF8.self) }

  private let pidfd: Descriptor
  private var outputPipe: BoundedPipe
  private var errorPipe: BoundedPipe
  private var ended: Outcome?

  /// Starts `arguments`; the first is the program, searched in PATH unless it holds a slash.
  ///
  /// Throws what posix_spawn(3) or pidfd_open(2) said, ENOENT where there is no such program.
  public init(
    _ arguments: [String], capturesOutput: Bool = false, bound: Int = 65536
  ) throws(SystemError) {
    let program = arguments.first ?? ""
    var outputPipe = try BoundedPipe(bound: capturesOutput ? bound : 0)
    var errorPipe = try BoundedPipe(bound: bound)
    let start = MonotonicClock.now()
    var pid: Int32 = 0
    var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
    let error = unsafe CLinux_spawn(&argv, outputPipe.written, errorPipe.written, &pid)
    for index in unsafe argv.indices { unsafe free(argv[index]) }
    guard error == 0 else { throw SystemError("posix_spawn", program, error) }
    let number = CLinux_pidfd_open(pid)
    guard number >= 0 else {
      let error = errno
      _ = CLinux_signal(pid, SIGKILL)
      throw SystemError("pidfd_open", program, error)
    }
    outputPipe.closeWritten()
    errorPipe.closeWritten()
    self.pid = pid
    self.start = start
    pidfd = Descriptor(owning: number)
    self.outputPipe = outputPipe
    self.errorPipe = errorPipe
  }

  deinit {
    // Nobody waits for it any more: end it, and let init reap what does not end now.
    guard ended == nil else { return }
    _ = CLinux_pidfd_send_signal(pidfd.number, SIGKILL)
  }

  /// Sends it a signal. An ended child gets none.
  public func signal(_ number: Int32) {
    if ended == nil { _ = CLinux_pidfd_send_signal(pidfd.number, number) }
  }

  /// Waits for its end, at most until `deadline`, and collects what it writes.
  ///
  /// Past the deadline it is sent SIGKILL and left: a thread that sleeps in device_lock() cannot be
  /// ended. A further call waits for it again. Throws what poll(2) or waitid(2) said.
  public mutating func wait(until deadline: Time) throws(SystemError) -> Outcome {
    if let ended { return ended }
    while true {
      let left = max(0, deadline - MonotonicClock.now())
      var polled = [
        pollfd(fd: pidfd.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: outputPipe.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errorPipe.number, events: Int16(POLLIN), revents: 0),
      ]
      // Whole milliseconds, rounded up, so that the last one is not spent in a busy loop.
      let milliseconds = Int32(min((left + 999_999) / 1_000_000, 1_000_000_000))
      let (count, error) = retryingInterrupts {
        unsafe Int(poll(&polled, nfds_t(polled.count), milliseconds))
      }
      if count < 0 { throw SystemError("poll", "child \(pid)", error) }
      if polled[1].revents != 0 { outputPipe.drain() }
      if polled[2].revents != 0 { errorPipe.drain() }
      if polled[0].revents != 0 { return try reap() }
      if count == 0, left == 0 {
        signal(SIGKILL)
        return .deadline
      }
    }
  }

  /// As above, from now.
  public mutating func wait(_ limit: Duration) throws(SystemError) -> Outcome {
    try wait(until: MonotonicClock.now() + limit)
  }

  private mutating func reap() throws(SystemError) -> Outcome {
    var code: Int32 = 0
    var status: Int32 = 0
    let (result, error) = retryingInterrupts {
      unsafe Int(CLinux_wait_pidfd(pidfd.number, 1, &code, &status))
    }
    if result < 0 { throw SystemError("waitid", "child \(pid)", error) }
    // What it wrote last. Not to the end of the file: a child of its own may hold the pipe.
    outputPipe.drain()
    errorPipe.drain()
    let outcome: Outcome = code == Int32(CLD_EXITED) ? .exited(status) : .signalled(status)
    ended = outcome
    return outcome
  }
}
