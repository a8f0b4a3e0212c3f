internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// The process of a racer that was started. There is none without its pid: what was not started is nothing
/// that could be ended.
struct RacerProcess: ~Copyable {
  let pid: Int32
  private(set) var isAbandoned = false

  /// - Parameters:
  ///   - program: bindrace itself.
  ///   - control: the racer's end of the socket.
  init(
    _ program: String, sysfs: String, memory: borrowing Descriptor, control: borrowing Descriptor
  ) throws(SystemError) {
    let words = ["bindrace", RacerMain.command, "\(getpid())", sysfs]
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
    var child: Int32 = 0
    let error = unsafe CLinux_start_racer(program, &argv, memory.number, control.number, &child)
    for index in unsafe argv.indices { unsafe free(argv[index]) }
    guard error == 0 else { throw SystemError("posix_spawn", "the racer", error) }
    pid = child
  }

  deinit {
    if isAbandoned { return }
    // It ends at the closed control socket; SIGKILL is for one that does not get there.
    _ = CLinux_signal(pid, SIGKILL)
    CLinux_reap(pid)
  }

  /// Leaves it behind: nobody waits for a thread in D state.
  mutating func abandon() {
    isAbandoned = true
    _ = CLinux_signal(pid, SIGKILL)
  }
}
