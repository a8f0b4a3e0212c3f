internal import CLinux
internal import Glibc

/// The racer: bindrace re-executed, the only process that may hang in a verb.
///
/// Its whole life is: wait for a byte on the control socket, run the program that stands in shared
/// memory, answer with a byte. It ends with its parent.
public enum RacerMain {
  /// The word by which bindrace knows that it is to be a racer.
  public static let command = "__racer"

  static let memory: Int32 = 3
  static let control: Int32 = 4

  /// - Parameter arguments: the parent's pid and the root of sysfs.
  /// - Returns: an exit status.
  public static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 2, let parent = Int32(arguments[0]) else { return 2 }
    _ = CLinux_die_with_parent()
    // It may have died before the line above.
    if getppid() != parent { return 1 }
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
    var spinner = unsafe Spinner(shared: shared)
    var handles: [UInt64] = []
    let threads = UnsafeMutablePointer<RacerThread>.allocate(capacity: max(count, 1))
    defer { unsafe threads.deallocate() }
    let isSpinning = unsafe shared.pointee.spinner.cpu >= 0
    unsafe withUnsafeMutablePointer(to: &spinner) { spinner in
      var handle: UInt64 = 0
      for index in 0..<count {
        let thread = unsafe CLinux_racer_thread(shared, UInt32(index))!
        unsafe (threads + index).initialize(
          to: RacerThread(shared: shared, thread: thread, root: root))
        if unsafe CLinux_start_thread(RacerThread.body, threads + index, stack, &handle) == 0 {
          handles.append(handle)
        }
      }
      if isSpinning, unsafe CLinux_start_thread(Spinner.body, spinner, stack, &handle) == 0 {
        handles.append(handle)
      }
      while unsafe CLinux_load(&shared.pointee.ready) < UInt32(handles.count) { usleep(100) }
      if handles.count < count + (isSpinning ? 1 : 0) {
        unsafe CLinux_store(&shared.pointee.stop, 1)
      }
      unsafe CLinux_store(&shared.pointee.released, 1)
      for handle in handles { _ = CLinux_join_thread(handle) }
    }
  }
}
