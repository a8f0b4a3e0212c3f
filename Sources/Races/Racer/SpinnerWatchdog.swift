internal import CLinux
internal import Glibc

/// Ends a slice of the spinner that the spinner does not end itself.
///
/// The spinning thread becomes an ordinary one, so that all others have their share of the CPU again
/// whatever it does, and the race is called off.
@unsafe struct SpinnerWatchdog {
  let shared: UnsafeMutablePointer<racer_shared>

  /// The body of a pthread; `argument` is a `SpinnerWatchdog` that the starter keeps alive.
  static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    unsafe $0!.assumingMemoryBound(to: SpinnerWatchdog.self).pointee.run()
    return nil
  }

  private func run() {
    unsafe CLinux_name_thread("bindrace-watch")
    _ = unsafe CLinux_keep_off(shared.pointee.spinner.cpu)
    // Before the spinner and all that is urgent. Without the right, no CPU is held either.
    _ = CLinux_run_fifo(2)
    unsafe watch()
  }

  /// Returns when the spinner has ended, or was ended.
  func watch() {
    while unsafe CLinux_load(&shared.pointee.spinner.ended) == 0 {
      let start = unsafe CLinux_load_time(&shared.pointee.spinner.slice_start)
      let length = CLinux_monotonic_nanoseconds() - start
      if unsafe start != 0 && length > shared.pointee.spinner.deadline {
        unsafe end()
        return
      }
      usleep(20_000)
    }
  }

  private func end() {
    _ = unsafe CLinux_run_ordinary(CLinux_load_task(&shared.pointee.spinner.tid))
    unsafe shared.pointee.spinner.error = ETIME
    unsafe CLinux_store(&shared.pointee.stop, 1)
  }
}
