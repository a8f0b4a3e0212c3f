internal import CLinux
public import Evidence
internal import Glibc

/// Does something in a thread of its own when a time is over, unless its life ends before.
public struct Alarm: ~Copyable {
  /// Its thread waits for the end of this one.
  private let calledOff: Descriptor

  /// Throws what pipe2(2) or pthread_create(3) said.
  ///
  /// - Parameter body: it can begin in the moment in which the alarm's life ends.
  public init(
    _ name: String, after time: Duration, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe CLinux_output_pipe(&ends) == 0 else { throw SystemError("pipe2", name, errno) }
    let waiting = Descriptor(owning: ends[0])
    let ours = Descriptor(owning: ends[1])
    let end = MonotonicClock.now() + time
    try BackgroundThread.start(name) {
      while true {
        let left = max(0, end - MonotonicClock.now())
        var polled = pollfd(fd: waiting.number, events: 0, revents: 0)
        let count = unsafe poll(&polled, 1, Int32(clamping: (left + 999_999) / 1_000_000))
        if count > 0 { return }
        if count == 0, MonotonicClock.now() >= end { break }
      }
      body()
    }
    calledOff = ours
  }
}
