internal import CLinux

extension UnsafeMutablePointer<racer_step> {
  /// Opens the state of who performs this step of a thread; -1 where nobody does yet.
  func openState(of thread: UnsafeMutablePointer<racer_thread>) -> Int32 {
    if unsafe CLinux_load_time(&pointee.start) == 0 { return -1 }
    guard unsafe pointee.kind == RACER_SPAWN.rawValue else {
      return unsafe CLinux_open_state_of_thread(CLinux_load_task(&thread.pointee.tid))
    }
    let child = unsafe CLinux_load_task(&pointee.pid)
    return child == 0 ? -1 : CLinux_open_state_of_process(child)
  }
}
