internal import CLinux
internal import DriverModel
internal import Evidence

/// SIGINT, SIGTERM and SIGHUP as a wish to end the run early, not as an end of the process.
struct Interrupt: Sendable {
  /// An eventfd that is readable from the first signal on, to poll(2) besides others. Never read
  /// it.
  let descriptor: Int32

  /// From now on the signals are only remembered, and answered on standard error: the first with `first`,
  /// all others with `then`.
  init(saying first: String, _ then: String) throws(SystemError) {
    let number = unsafe CLinux_catch_interrupts("bindrace: \(first)\n", "bindrace: \(then)\n")
    if number < 0 { throw SystemError("eventfd", "signals", -number) }
    descriptor = number
  }

  /// True after the first of them.
  var isRequested: Bool { CLinux_interrupts() > 0 }
}
