internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// The process of a `Survivor`: bindrace re-executed, with a socket to the run as its standard input.
public enum SurvivorMain {
  /// The word by which bindrace knows that it is to be one.
  public static let command = "__survivor"

  /// - Parameter arguments: the run, and the folder of its ledger.
  /// - Returns: an exit status.
  public static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 2 else { return 2 }
    // It ends with its run. What ends both (a terminal, a service that is stopped, the host) tells the run,
    // which puts the host back meanwhile.
    for number in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] { signal(number, SIG_IGN) }
    unsafe CLinux_name_thread("after-bindrace")
    do throws(SystemError) {
      let host = try Host()
      // It is small, and what it is for is worth more than what it takes. Not everybody may say so.
      try? host.proc.write("self/oom_score_adj", "-1000")
      let aftermath = try Aftermath(run: arguments[0], folder: arguments[1], host: host)
      try sayReady()
      awaitEnd()
      aftermath.attend()
      return 0
    } catch {
      return 1
    }
  }

  private static func sayReady() throws(SystemError) {
    var byte: UInt8 = 1
    guard unsafe send(STDIN_FILENO, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else {
      throw SystemError("send", "the run", errno)
    }
  }

  /// Until nobody holds the other end: the run closed it, or has ended in whatever way.
  private static func awaitEnd() {
    var byte: UInt8 = 0
    _ = retryingInterrupts { unsafe recv(STDIN_FILENO, &byte, 1, 0) }
  }
}
