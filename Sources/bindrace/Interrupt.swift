internal import CLinux
internal import DriverModel
internal import Evidence

/// SIGINT, SIGTERM and SIGHUP as a wish to end the run early, not as an end of the process.
struct Interrupt {
  /// An eventfd that is readable from the first signal on, to poll(2) besides others. Never read
  /// it.
  let descriptor: Int32

  /// From now on the signals are only remembered.
  init() throws(SystemError) {
    let number = CLinux_catch_interrupts()
    if number < 0 { throw SystemError("eventfd", "signals", -number) }
    descriptor = number
  }

  /// True after the first of them.
  var isRequested: Bool { CLinux_interrupts() > 0 }
}
