internal import CLinux
internal import Glibc

/// How long a CPU is held for verbs that are the last of their threads.
///
/// Such a verb takes the device's lock as soon as it runs, and whoever comes then waits behind it. It may
/// not run at once: on a busy host another task has its CPU, and a virtual CPU stands still now and then.
@unsafe struct LastVerbs {
  let shared: UnsafeMutablePointer<racer_shared>

  /// What all of them have in any case.
  static let grace: Int64 = 10_000_000
  /// What one has that neither ended nor went to sleep in the kernel.
  static let patience: Int64 = 500_000_000

  /// True when every racing thread has begun its last verb, and none needs the CPU held any longer.
  func areThrough(at now: Int64) -> Bool {
    guard unsafe CLinux_load(&shared.pointee.racing) == 0 else { return false }
    let length = unsafe now - CLinux_load_time(&shared.pointee.let_go)
    return unsafe length > Self.grace && (length > Self.patience || !isAnyAwake)
  }

  private var isAnyAwake: Bool {
    let count = unsafe shared.pointee.thread_count
    return (0..<count).contains { unsafe isAwake(CLinux_racer_thread(shared, $0)) }
  }

  private func isAwake(_ thread: UnsafeMutablePointer<racer_thread>) -> Bool {
    guard unsafe thread.pointee.is_racing != 0, unsafe CLinux_load(&thread.pointee.ended) == 0,
      let last = unsafe CLinux_racer_step(thread, thread.pointee.count - 1),
      unsafe CLinux_load_time(&last.pointee.end) == 0
    else { return false }
    let descriptor = unsafe last.openState(of: thread)
    // A command that is not there yet has still to be begun.
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    return CLinux_task_state(descriptor) == CChar(UInt8(ascii: "R"))
  }
}
