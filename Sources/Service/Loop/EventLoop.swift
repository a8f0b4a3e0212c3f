internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// What the daemon waits in: descriptors that become readable and points in time (epoll(7)).
///
/// One thread, which sleeps until there is something to do. Handlers run one after the other and must
/// not wait for anything.
final class EventLoop {
  /// A point in time that was asked for.
  struct Timer: Hashable {
    fileprivate let number: Int
  }

  private struct Appointment {
    var timer: Timer
    var time: Time
    var handler: () -> Void
  }

  private let epoll: Descriptor
  private var handlers: [Int32: () -> Void] = [:]
  /// The soonest first.
  private var appointments: [Appointment] = []
  private var lastTimer = 0
  private var isRunning = false

  init() throws(SystemError) {
    let number = CLinux_epoll()
    if number < 0 { throw SystemError("epoll_create1", "epoll", errno) }
    epoll = Descriptor(owning: number)
  }

  /// Calls the handler whenever the descriptor is readable or hung up, until it is removed. The handler
  /// has to read it empty, or to `pause` it.
  func add(_ descriptor: Int32, handler: @escaping () -> Void) throws(SystemError) {
    if CLinux_epoll_add(epoll.number, descriptor) < 0 {
      throw SystemError("epoll_ctl", "descriptor \(descriptor)", errno)
    }
    handlers[descriptor] = handler
  }

  /// To be called before the descriptor is closed.
  func remove(_ descriptor: Int32) {
    handlers[descriptor] = nil
    _ = CLinux_epoll_remove(epoll.number, descriptor)
  }

  /// Lets a descriptor rest until `resume`, however much there is to read.
  func pause(_ descriptor: Int32) { _ = CLinux_epoll_listen(epoll.number, descriptor, 0) }

  func resume(_ descriptor: Int32) { _ = CLinux_epoll_listen(epoll.number, descriptor, 1) }

  /// Calls the handler once, when so much time has passed.
  @discardableResult func after(_ duration: Duration, handler: @escaping () -> Void) -> Timer {
    lastTimer += 1
    let appointment = Appointment(
      timer: Timer(number: lastTimer), time: MonotonicClock.now() + duration, handler: handler)
    let index = appointments.firstIndex { $0.time > appointment.time } ?? appointments.count
    appointments.insert(appointment, at: index)
    return appointment.timer
  }

  /// Nothing happens where it has been called already.
  func cancel(_ timer: Timer?) {
    appointments.removeAll { $0.timer == timer }
  }

  /// Runs until `stop`. Throws what epoll_wait(2) said.
  func run() throws(SystemError) {
    isRunning = true
    while isRunning { try turn(atMost: nil) }
  }

  func stop() { isRunning = false }

  /// One time round: waits, at most as long as is said, and calls all handlers that are due.
  func turn(atMost limit: Duration?) throws(SystemError) {
    var ready = [Int32](repeating: -1, count: 16)
    let milliseconds = patience(atMost: limit)
    let (count, error) = unsafe ready.withUnsafeMutableBufferPointer { buffer in
      retryingInterrupts {
        unsafe Int(
          CLinux_epoll_wait(
            epoll.number, buffer.baseAddress, Int32(buffer.count), milliseconds))
      }
    }
    if count < 0 { throw SystemError("epoll_wait", "epoll", error) }
    // A handler may remove others.
    for descriptor in ready.prefix(count) { handlers[descriptor]?() }
    let now = MonotonicClock.now()
    let due = appointments.filter { $0.time <= now }
    for appointment in due where appointments.contains(where: { $0.timer == appointment.timer }) {
      cancel(appointment.timer)
      appointment.handler()
    }
  }

  /// Whole milliseconds, rounded up, so that the last one is not spent in a busy loop; -1 without an end.
  private func patience(atMost limit: Duration?) -> Int32 {
    let now = MonotonicClock.now()
    let ends = [appointments.first?.time, limit.map { now + $0 }].compactMap(\.self)
    guard let end = ends.min() else { return -1 }
    return Int32(min(max(0, (end - now + 999_999) / 1_000_000), 1_000_000_000))
  }
}
