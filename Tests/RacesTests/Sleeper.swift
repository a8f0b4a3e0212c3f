import CLinux
import Glibc

/// A thread that sleeps in the kernel until this is let go.
@safe final class Sleeper {
  private let shared: UnsafeMutablePointer<(tid: Int32, pipe: Int32)>
  private let pipe: (read: Int32, write: Int32)
  private var thread: UInt64 = 0

  /// Returns when it sleeps.
  init() {
    var ends: [Int32] = [0, 0]
    unsafe precondition(Glibc.pipe(&ends) == 0)
    pipe = (ends[0], ends[1])
    unsafe shared = .allocate(capacity: 1)
    unsafe shared.initialize(to: (0, pipe.read))
    unsafe CLinux_start_thread(
      { shared in
        let shared = unsafe shared!.assumingMemoryBound(to: (tid: Int32, pipe: Int32).self)
        var byte: UInt8 = 0
        unsafe CLinux_store_task(&shared.pointee.tid, CLinux_gettid())
        _ = unsafe read(shared.pointee.pipe, &byte, 1)
        return nil
      }, shared, 65_536, &thread)
    while tid == 0 { usleep(100) }
    let state = CLinux_open_state_of_thread(tid)
    while CLinux_task_state(state) != CChar(UInt8(ascii: "S")) { usleep(100) }
    close(state)
  }

  var tid: Int32 { unsafe CLinux_load_task(&shared.pointee.tid) }

  deinit {
    close(pipe.write)
    CLinux_join_thread(thread)
    close(pipe.read)
    unsafe shared.deallocate()
  }
}
