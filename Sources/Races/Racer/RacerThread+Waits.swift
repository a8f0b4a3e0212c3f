internal import CLinux
internal import Glibc

/// What a racing thread waits for, within the patience of the step. None of it takes a device's lock.
extension RacerThread {
  /// False where it did not come, or cannot come any more.
  func wait(_ step: UnsafeMutablePointer<racer_step>, _ descriptor: inout Int32) -> Bool {
    let start = CLinux_monotonic_nanoseconds()
    unsafe CLinux_store_time(&step.pointee.start, start)
    let until = unsafe start + step.pointee.duration
    let hasCome: Bool
    switch unsafe step.pointee.kind {
    case RACER_AWAIT.rawValue: hasCome = unsafe awaitUevent(step, descriptor, until)
    case RACER_AWAIT_PATH.rawValue: hasCome = unsafe awaitPath(step, until)
    case RACER_AWAIT_BLOCKED.rawValue:
      hasCome = unsafe awaitBlocked(step, &descriptor, until)
    default: return false
    }
    if hasCome { unsafe hold() }
    unsafe step.pointee.error = hasCome ? 0 : ETIMEDOUT
    unsafe CLinux_store_time(&step.pointee.end, CLinux_monotonic_nanoseconds())
    return hasCome
  }

  /// Says once that this thread is in the midst of its race, so that the spinner holds on.
  private func hold() {
    guard unsafe thread.pointee.is_racing != 0 && thread.pointee.is_holding == 0 else { return }
    unsafe thread.pointee.is_holding = 1
    unsafe CLinux_add(&shared.pointee.holding, 1)
  }

  private func awaitUevent(
    _ step: UnsafeMutablePointer<racer_step>, _ socket: Int32, _ until: Int64
  ) -> Bool {
    let length = unsafe Int(step.pointee.length)
    let wanted = unsafe CLinux_racer_bytes(step)!
    return unsafe withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 16) { buffer in
      while unsafe isWaiting(until) {
        let left = until - CLinux_monotonic_nanoseconds()
        var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        // Wakes up now and then to see whether the race was called off.
        if unsafe poll(&polled, 1, Int32(min(max(left, 0) / 1_000_000 + 1, 100))) <= 0 { continue }
        let count = unsafe recv(
          socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        // The first line is "ACTION@DEVPATH" and ends in NUL (kobject_uevent_net_broadcast).
        if unsafe count > length && memcmp(buffer.baseAddress!, wanted, length) == 0
          && buffer[length] == 0
        {
          return true
        }
      }
      return false
    }
  }

  private func awaitPath(_ step: UnsafeMutablePointer<racer_step>, _ until: Int64) -> Bool {
    let path = unsafe CLinux_racer_path(step)!
    var found = stat()
    var nap = unsafe Self.shortestNap
    repeat {
      if unsafe fstatat(root, path, &found, AT_SYMLINK_NOFOLLOW) == 0 { return true }
      // As short as can be: what is waited for may be there for tens of microseconds only.
      unsafe giveWay(&nap)
    } while unsafe isWaiting(until)
    return false
  }

  /// How long a task has to be seen asleep. A page fault or a busy lock of somebody else's puts it to
  /// sleep as well, but not for long; who holds a device's lock sleeps in milliseconds.
  private static let settled: Int64 = 500_000

  private func awaitBlocked(
    _ step: UnsafeMutablePointer<racer_step>, _ descriptor: inout Int32, _ until: Int64
  ) -> Bool {
    let (other, awaited) = unsafe other(step)
    let state = unsafe CChar(truncatingIfNeeded: shared.pointee.blocked_state)
    var asleepSince: Int64?
    repeat {
      let isOver = unsafe CLinux_load(&other.pointee.ended) != 0
      if unsafe isOver || CLinux_load_time(&awaited.pointee.end) != 0 { return false }
      if descriptor < 0 { descriptor = unsafe awaited.openState(of: other) }
      // The state counts where the step was still under way after the look.
      let isAsleep = descriptor >= 0 && CLinux_task_state(descriptor) == state
      let now = CLinux_monotonic_nanoseconds()
      asleepSince = isAsleep ? asleepSince ?? now : nil
      if let since = asleepSince, unsafe now - since >= Self.settled,
        unsafe CLinux_load_time(&awaited.pointee.end) == 0
      {
        return true
      }
      unsafe rest()
    } while unsafe isWaiting(until)
    return false
  }

  private func other(_ step: UnsafeMutablePointer<racer_step>) -> (
    thread: UnsafeMutablePointer<racer_thread>, step: UnsafeMutablePointer<racer_step>
  ) {
    let thread = unsafe CLinux_racer_thread(shared, step.pointee.other_thread)!
    return unsafe (thread, CLinux_racer_step(thread, step.pointee.other_step)!)
  }

  private func isWaiting(_ until: Int64) -> Bool {
    unsafe CLinux_load(&shared.pointee.stop) == 0 && CLinux_monotonic_nanoseconds() < until
  }

  private func rest() {
    var duration = timespec(tv_sec: 0, tv_nsec: 20_000)
    unsafe _ = nanosleep(&duration, nil)
  }
}
