internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// Signals as something to read (signalfd(2)). They are blocked from now on, also in threads that are
/// started later; children start without that.
final class Signals {
  var descriptor: Int32 { source.number }
  private let source: Descriptor

  init(_ signals: [Int32]) throws(SystemError) {
    let number = unsafe CLinux_signals(signals, signals.count)
    if number < 0 { throw SystemError("signalfd", "signals", errno) }
    source = Descriptor(owning: number)
  }

  /// The next one that came; nil where there is none.
  func next() -> Int32? {
    let signal = CLinux_next_signal(source.number)
    return signal > 0 ? signal : nil
  }
}
