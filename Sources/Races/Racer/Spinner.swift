internal import CLinux
internal import Glibc

/// Holds one CPU by a SCHED_FIFO thread in slices, so that workers confined to it cannot run.
///
/// A spinner that never pauses stops RCU and with it the whole host, so there is a pause after every
/// slice and a limit for all slices together. Should one not end all the same, `SpinnerWatchdog` ends
/// it, and where that fails the kernel ends the racer (RLIMIT_RTTIME).
@unsafe struct Spinner {
  let shared: UnsafeMutablePointer<racer_shared>
  let root: Int32
  /// True until there is something at the path that renews a slice.
  private var awaitsPath: Bool

  /// - Parameter shared: with the program written.
  init(shared: UnsafeMutablePointer<racer_shared>, root: Int32) {
    unsafe self.shared = shared
    unsafe self.root = root
    unsafe awaitsPath = CLinux_spinner_path(&shared.pointee.spinner)[0] != 0
  }

  /// The body of a pthread; `argument` is a `Spinner` that the starter keeps alive.
  static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    unsafe $0!.assumingMemoryBound(to: Spinner.self).pointee.run()
    return nil
  }

  mutating func run() {
    unsafe CLinux_name_thread("bindrace-spin")
    unsafe CLinux_store_task(&shared.pointee.spinner.tid, CLinux_gettid())
    defer { unsafe CLinux_store(&shared.pointee.spinner.ended, 1) }
    let cpu = unsafe shared.pointee.spinner.cpu
    // The lowest priority above all ordinary threads: the kernel's own real-time threads go first.
    let placed = CLinux_run_on(cpu) == 0 && CLinux_run_fifo(1) == 0
    unsafe shared.pointee.spinner.error = placed ? 0 : errno
    unsafe CLinux_add(&shared.pointee.ready, 1)
    guard placed else { return }
    while unsafe CLinux_load(&shared.pointee.released) == 0 && !isOver { unsafe pause(100_000) }
    while unsafe !isDue && !isOver { unsafe pause(20_000) }

    let limit = unsafe CLinux_monotonic_nanoseconds() + shared.pointee.spinner.limit
    while unsafe !isOver && CLinux_monotonic_nanoseconds() < limit {
      let length = unsafe slice()
      // One part in sixteen, however long the slice became: below the 95% of real-time throttling. The path
      // cuts it short once in a race.
      unsafe rest(max(shared.pointee.spinner.off, length / 15))
    }
  }

  /// True when it is time to begin. Until then the CPU is left to others; the racing threads end by
  /// themselves.
  private var isDue: Bool {
    guard unsafe shared.pointee.spinner.begins == RACER_AFTER_STEP.rawValue else { return true }
    let thread = unsafe CLinux_racer_thread(shared, shared.pointee.spinner.after_thread)!
    let step = unsafe CLinux_racer_step(thread, shared.pointee.spinner.after_step)!
    return unsafe CLinux_load_time(&step.pointee.end) != 0
  }

  /// True when no racing thread needs the CPU held any longer, or the race was called off.
  private var isOver: Bool {
    if unsafe CLinux_load(&shared.pointee.stop) != 0 { return true }
    return unsafe LastVerbs(shared: shared).areThrough(at: CLinux_monotonic_nanoseconds())
  }

  /// Spins once; its length in nanoseconds.
  mutating func slice() -> Int64 {
    let start = CLinux_monotonic_nanoseconds()
    unsafe CLinux_store_time(&shared.pointee.spinner.slice_start, start)
    defer { unsafe CLinux_store_time(&shared.pointee.spinner.slice_start, 0) }
    var end = unsafe start + shared.pointee.spinner.on
    let longest = unsafe start + shared.pointee.spinner.longest
    var last = start
    var hole: Int64 = 0
    while true {
      let now = CLinux_monotonic_nanoseconds()
      hole = max(hole, now - last)
      last = now
      if unsafe isOver { break }
      if unsafe pathAppeared() { unsafe end = now + shared.pointee.spinner.on }
      // On PREEMPT_RT the CPU's timers and RCU callbacks are threads of this same priority (ktimers, rcuc), and
      // the race itself waits for them; workers are ordinary threads.
      sched_yield()
      if now >= longest { break }
      if unsafe now >= end && CLinux_load(&shared.pointee.holding) == 0 { break }
    }
    if unsafe CLinux_current_cpu() != shared.pointee.spinner.cpu {
      unsafe shared.pointee.spinner.strayed += 1
    }
    unsafe shared.pointee.spinner.slices += 1
    let longestHole = unsafe max(shared.pointee.spinner.longest_hole, hole)
    unsafe shared.pointee.spinner.longest_hole = longestHole
    return last - start
  }

  /// Leaves the CPU to all others, or until the path appears.
  mutating func rest(_ nanoseconds: Int64) {
    guard unsafe awaitsPath else { return unsafe pause(nanoseconds) }
    let end = CLinux_monotonic_nanoseconds() + nanoseconds
    while unsafe !pathAppeared() && CLinux_monotonic_nanoseconds() < end { unsafe pause(20_000) }
  }

  /// True once.
  private mutating func pathAppeared() -> Bool {
    guard unsafe awaitsPath else { return false }
    var found = stat()
    let path = unsafe CLinux_spinner_path(&shared.pointee.spinner)!
    unsafe awaitsPath = fstatat(root, path, &found, AT_SYMLINK_NOFOLLOW) != 0
    return unsafe !awaitsPath
  }

  private func pause(_ nanoseconds: Int64) {
    var duration = timespec(
      tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    unsafe _ = nanosleep(&duration, nil)
  }
}
