internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// What races, as a process of its own: `bindrace stress`. It takes the host's lock, asks the guard, puts all
/// back and writes its findings into the journal; the daemon knows how it ended.
final class RaceChild {
  enum Kind {
    case firstAttempt, race
    /// Of what a race that was killed left.
    case restore
  }

  let kind: Kind
  let target: String
  let pid: Int32
  /// Readable when it has ended.
  var descriptor: Int32 { pidfd.number }

  private let pidfd: Descriptor

  /// Starts the program with these arguments. It writes to our standard error, and its output is dropped.
  /// Throws what posix_spawn(3) said.
  init(_ kind: Kind, _ arguments: [String], target: String) throws(SystemError) {
    self.kind = kind
    self.target = target
    var pid: Int32 = 0
    var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
    let error = unsafe CLinux_spawn(&argv, -1, STDERR_FILENO, &pid)
    for index in unsafe argv.indices { unsafe free(argv[index]) }
    guard error == 0 else { throw SystemError("posix_spawn", arguments[0], error) }
    let number = CLinux_pidfd_open(pid)
    guard number >= 0 else {
      let error = errno
      _ = CLinux_signal(pid, SIGKILL)
      throw SystemError("pidfd_open", arguments[0], error)
    }
    self.pid = pid
    pidfd = Descriptor(owning: number)
  }

  func signal(_ number: Int32) { _ = CLinux_pidfd_send_signal(pidfd.number, number) }

  /// Its exit status, 128 + N after signal N; nil where it still runs.
  func reap() -> Int32? {
    var code: Int32 = 0
    var status: Int32 = 0
    let (result, _) = retryingInterrupts {
      unsafe Int(CLinux_wait_pidfd(pidfd.number, 0, &code, &status))
    }
    if result < 0 || code == 0 { return nil }
    return code == Int32(CLD_EXITED) ? status : 128 + status
  }
}
