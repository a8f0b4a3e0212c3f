internal import CLinux
internal import Glibc

/// One racing thread: runs its steps as they stand in shared memory.
///
/// No allocation, no lock, no reference counting between the barrier and the last step: descriptors
/// are opened and the steps' places looked up before it.
@unsafe struct RacerThread {
  let shared: UnsafeMutablePointer<racer_shared>
  let thread: UnsafeMutablePointer<racer_thread>
  let root: Int32

  /// The body of a pthread; `argument` is a `RacerThread` that the starter keeps alive.
  static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    unsafe $0!.assumingMemoryBound(to: RacerThread.self).pointee.run()
    return nil
  }

  func run() {
    unsafe CLinux_name_thread("bindrace-race")
    CLinux_set_timer_slack(1)
    unsafe CLinux_store_task(&thread.pointee.tid, CLinux_gettid())
    unsafe place()

    let count = unsafe Int(thread.pointee.count)
    unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: max(count, 1)) { descriptors in
      for index in 0..<count { unsafe descriptors[index] = prepare(step(index)) }
      unsafe CLinux_add(&shared.pointee.ready, 1)
      unsafe awaitRelease()
      for index in 0..<count {
        if unsafe CLinux_load(&shared.pointee.stop) != 0 { break }
        if index == count - 1 { unsafe letGo() }
        if unsafe !perform(step(index), &descriptors[index]) { break }
      }
      for index in 0..<count where unsafe descriptors[index] >= 0 {
        unsafe close(descriptors[index])
      }
    }
    unsafe letGo()
    unsafe CLinux_store(&thread.pointee.ended, 1)
  }

  private func awaitRelease() {
    var nap = unsafe Self.shortestNap
    while unsafe CLinux_load(&shared.pointee.released) == 0 { unsafe giveWay(&nap) }
  }

  /// To its own CPU; else off the one that is held.
  private func place() {
    let own = unsafe thread.pointee.cpu
    let avoided = unsafe shared.pointee.avoided_cpu
    if own >= 0 {
      let placed =
        unsafe CLinux_run_on(own) == 0
        && (thread.pointee.is_urgent == 0 || CLinux_run_fifo(1) == 0)
      unsafe thread.pointee.error = placed ? 0 : errno
    } else if avoided >= 0 {
      _ = CLinux_keep_off(avoided)
    }
  }

  /// Says once that this thread is in its last verb, so that the spinner lets go soon (`LastVerbs`).
  private func letGo() {
    guard unsafe thread.pointee.is_racing == 1 else { return }
    unsafe thread.pointee.is_racing = 2
    unsafe CLinux_store_time(&shared.pointee.let_go, CLinux_monotonic_nanoseconds())
    unsafe CLinux_add(&shared.pointee.racing, UInt32(bitPattern: -1))
  }

  private func step(_ index: Int) -> UnsafeMutablePointer<racer_step> {
    unsafe CLinux_racer_step(thread, UInt32(index))
  }

  /// What a step needs open before the race; -1 where it is not there yet.
  private func prepare(_ step: UnsafeMutablePointer<racer_step>) -> Int32 {
    switch unsafe step.pointee.kind {
    case RACER_WRITE.rawValue:
      unsafe CLinux_openat(root, CLinux_racer_path(step), O_WRONLY, 0)
    case RACER_AWAIT.rawValue:
      CLinux_open_uevents(4 << 20)
    default:
      -1
    }
  }

  /// False when the thread's further steps have lost their sense.
  private func perform(_ step: UnsafeMutablePointer<racer_step>, _ descriptor: inout Int32) -> Bool
  {
    switch unsafe step.pointee.kind {
    case RACER_WRITE.rawValue:
      unsafe write(step, &descriptor)
      return true
    case RACER_PAUSE.rawValue:
      unsafe pause(step)
      return true
    case RACER_SPAWN.rawValue:
      return unsafe spawn(step)
    default:
      return unsafe wait(step, &descriptor)
    }
  }

  private func write(_ step: UnsafeMutablePointer<racer_step>, _ descriptor: inout Int32) {
    unsafe step.pointee.pid = thread.pointee.tid
    let until = unsafe CLinux_monotonic_nanoseconds() + step.pointee.duration
    var error: Int32 = 0
    var nap = unsafe Self.shortestNap
    repeat {
      unsafe CLinux_store_time(&step.pointee.start, CLinux_monotonic_nanoseconds())
      unsafe step.pointee.attempts += 1
      if descriptor < 0 {
        descriptor = unsafe CLinux_openat(root, CLinux_racer_path(step), O_WRONLY, 0)
      }
      if descriptor < 0 {
        error = errno
      } else {
        let length = unsafe Int(step.pointee.length)
        error = unsafe pwrite(descriptor, CLinux_racer_bytes(step), length, 0) < 0 ? errno : 0
      }
      let isDone = unsafe error == 0 || !isRetried(step, error)
      if isDone { break }
      unsafe waitForNextTry(&nap)
    } while unsafe CLinux_monotonic_nanoseconds() < until && CLinux_load(&shared.pointee.stop) == 0
    unsafe step.pointee.error = error
    unsafe CLinux_store_time(&step.pointee.end, CLinux_monotonic_nanoseconds())
  }

  /// On a CPU that it shares it sleeps for the shortest time, so that it comes between the others
  /// wherever they can be preempted.
  private func waitForNextTry(_ nap: inout Int) {
    if unsafe thread.pointee.cpu >= 0 {
      unsafe Self.sleep(for: &nap)
    } else {
      unsafe Self.sleep(until: CLinux_monotonic_nanoseconds() + 20_000)
    }
  }

  private func isRetried(_ step: UnsafeMutablePointer<racer_step>, _ error: Int32) -> Bool {
    let retry = unsafe CLinux_racer_retry(step)!
    for index in 0..<RACER_RETRIES {
      let candidate = unsafe retry[index]
      if candidate == 0 { return false }
      if candidate == error { return true }
    }
    return false
  }

  private func pause(_ step: UnsafeMutablePointer<racer_step>) {
    let start = CLinux_monotonic_nanoseconds()
    unsafe CLinux_store_time(&step.pointee.start, start)
    unsafe Self.sleep(until: start + step.pointee.duration)
    unsafe CLinux_store_time(&step.pointee.end, CLinux_monotonic_nanoseconds())
  }

  private func spawn(_ step: UnsafeMutablePointer<racer_step>) -> Bool {
    let bytes = unsafe CLinux_racer_bytes(step)!
    let length = unsafe Int(step.pointee.length)
    return unsafe withUnsafeTemporaryAllocation(
      of: UnsafeMutablePointer<CChar>?.self, capacity: length + 1
    ) { words in
      var count = 0
      var index = 0
      while index < length {
        unsafe words[count] = bytes + index
        count += 1
        index += unsafe strlen(bytes + index) + 1
      }
      unsafe words[count] = nil
      unsafe CLinux_store_time(&step.pointee.start, CLinux_monotonic_nanoseconds())
      unsafe step.pointee.attempts = 1
      let status = unsafe CLinux_run_command(words.baseAddress!, &step.pointee.pid)
      // A command tells the kernel's errno in words only.
      unsafe step.pointee.error = status == 0 ? 0 : EIO
      unsafe CLinux_store_time(&step.pointee.end, CLinux_monotonic_nanoseconds())
      return status == 0
    }
  }

  /// For whoever looks again and again. The others of a CPU that it shares go on only while this thread
  /// sleeps, as it may be urgent.
  func giveWay(_ nap: inout Int) {
    if unsafe thread.pointee.cpu >= 0 {
      unsafe Self.sleep(for: &nap)
    } else {
      sched_yield()
    }
  }

  static let shortestNap = 1_000

  /// Sleeps `nap` nanoseconds. A timer that ends before the CPU was given up (do_nanosleep()) was too
  /// short: twice as long the next time.
  private static func sleep(for nap: inout Int) {
    let before = CLinux_times_asleep()
    var duration = timespec(tv_sec: 0, tv_nsec: nap)
    unsafe _ = nanosleep(&duration, nil)
    if CLinux_times_asleep() == before { nap = min(2 * nap, 100_000) }
  }

  /// Sleeps to 100 us before the instant and then spins: a sleep alone is late by as much.
  private static func sleep(until: Int64) {
    let sleep = until - CLinux_monotonic_nanoseconds() - 100_000
    if sleep > 0 {
      var duration = timespec(
        tv_sec: Int(sleep / 1_000_000_000), tv_nsec: Int(sleep % 1_000_000_000))
      unsafe _ = nanosleep(&duration, nil)
    }
    while CLinux_monotonic_nanoseconds() < until {}
  }
}
