internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// An eventfd(2): raised by one thread, waited for by another.
struct EventFlag: ~Copyable, Sendable {
  private let descriptor: Descriptor

  init() throws(SystemError) {
    let number = CLinux_event()
    guard number >= 0 else { throw SystemError("eventfd", "journal", errno) }
    descriptor = Descriptor(owning: number)
  }

  func raise() {
    var one: UInt64 = 1
    // A full counter is readable as well.
    _ = unsafe write(descriptor.number, &one, MemoryLayout<UInt64>.size)
  }

  /// Waits until it is raised, and lowers it; at most until `end`, for ever where that is nil.
  func wait(until end: Time?) {
    var wanted = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    // Rounded up, so that the time has come when nothing else has.
    let rest = end.map { max(0, ($0 - MonotonicClock.now() + 999_999) / 1_000_000) } ?? -1
    _ = unsafe poll(&wanted, 1, Int32(clamping: rest))
    var count: UInt64 = 0
    _ = unsafe read(descriptor.number, &count, MemoryLayout<UInt64>.size)
  }
}
