internal import CLinux
internal import Glibc

/// The racer: bindrace re-executed, the only process that may hang in a verb.
///
/// Its whole life is: wait for a byte on the control socket, run the program that stands in shared
/// memory, answer with a byte. It ends with its parent.
public enum RacerMain {
  /// The word by which bindrace knows that it is to be a racer.
  public static let command = "__racer"

  /// What the racer and its commands may use; far more than they do. Real time is what a thread goes on
  /// for without sleeping: longer than the spinner's watchdog allows.
  private static let descriptors: UInt64 = 128
  private static let memoryBytes: UInt64 = 256 << 20
  private static let realTimeMicroseconds: UInt64 = 4_000_000

  static let memory: Int32 = 3
  static let control: Int32 = 4

  /// - Parameter arguments: the parent's pid and the root of sysfs.
  /// - Returns: an exit status.
  public static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 2, let parent = Int32(arguments[0]) else { return 2 }
    _ = CLinux_die_with_parent()
    // It may have died before the line above.
    if getppid() != parent { return 1 }
    _ = CLinux_limit_process(descriptors, memoryBytes, realTimeMicroseconds)
    _ = CLinux_lock_memory()
    let root = unsafe CLinux_openat(AT_FDCWD, arguments[1], O_RDONLY | O_DIRECTORY, 0)
    let size = MemoryLayout<racer_shared>.size
    let mapped = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0)
    guard root >= 0, let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { return 1 }
    unsafe serve(mapped.assumingMemoryBound(to: racer_shared.self), control: control, root: root)
    return 0
  }

  /// Serves until the other end of `control` is closed.
  static func serve(_ shared: UnsafeMutablePointer<racer_shared>, control: Int32, root: Int32) {
    var byte: UInt8 = 0
    while unsafe read(control, &byte, 1) == 1 {
      unsafe race(shared, root)
      unsafe _ = write(control, &byte, 1)
    }
  }

  /// One race: all threads ready, released at once, waited for.
  static func race(_ shared: UnsafeMutablePointer<racer_shared>, _ root: Int32) {
    let count = unsafe Int(shared.pointee.thread_count)
    let stack = 256 * 1024
    var spinner = unsafe Spinner(shared: shared, root: root)
    var watchdog = unsafe SpinnerWatchdog(shared: shared)
    var handles: [UInt64] = []
    let threads = UnsafeMutablePointer<RacerThread>.allocate(capacity: max(count, 1))
    defer { unsafe threads.deallocate() }
    unsafe withUnsafeMutablePointers(&spinner, &watchdog) { spinner, watchdog in
      var handle: UInt64 = 0
      var isWhole = true
      for index in 0..<count {
        let thread = unsafe CLinux_racer_thread(shared, UInt32(index))!
        unsafe (threads + index).initialize(
          to: RacerThread(shared: shared, thread: thread, root: root))
        if unsafe CLinux_start_thread(RacerThread.body, threads + index, stack, &handle) == 0 {
          handles.append(handle)
        } else {
          isWhole = false
        }
      }
      // No CPU is held by whom nobody watches.
      var watch: UInt64?
      if unsafe shared.pointee.spinner.cpu >= 0 {
        if unsafe CLinux_start_thread(SpinnerWatchdog.body, watchdog, stack, &handle) == 0 {
          watch = handle
        }
        if unsafe watch != nil && CLinux_start_thread(Spinner.body, spinner, stack, &handle) == 0 {
          handles.append(handle)
        } else {
          isWhole = false
          unsafe CLinux_store(&shared.pointee.spinner.ended, 1)
        }
      }
      while unsafe CLinux_load(&shared.pointee.ready) < UInt32(handles.count) { usleep(100) }
      if !isWhole { unsafe CLinux_store(&shared.pointee.stop, 1) }
      unsafe CLinux_store(&shared.pointee.released, 1)
      for handle in handles { _ = CLinux_join_thread(handle) }
      if let watch { _ = CLinux_join_thread(watch) }
    }
  }
}

/// Two values that threads use until they are joined.
private func withUnsafeMutablePointers<A, B>(
  _ a: inout A, _ b: inout B, _ body: (UnsafeMutablePointer<A>, UnsafeMutablePointer<B>) -> Void
) {
  unsafe withUnsafeMutablePointer(to: &a) { a in
    unsafe withUnsafeMutablePointer(to: &b) { b in unsafe body(a, b) }
  }
}
