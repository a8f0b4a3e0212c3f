internal import CLinux
internal import DriverModel
public import Evidence
internal import Glibc
internal import Synchronization

/// A process that outlives a run that is killed, and puts back what must not stand until somebody calls
/// restore (`Change.mustNotOutlive`): bindrace itself, in a session of its own.
///
/// It waits for the end of a socket that the run alone holds, so it needs no signal and no parent, and ends
/// with the run where that has put back everything. What it does then is `Aftermath`.
public final class Survivor: Sendable {
  private let run: String
  private let folder: String
  private let program: String
  private let standing: Mutex<Standing?>

  /// Nothing is started yet.
  ///
  /// - Parameters:
  ///   - folder: where the ledger of the run is.
  ///   - program: bindrace.
  public init(
    run: String, folder: String = Ledger.folder, program: String = "/proc/self/exe"
  ) {
    self.run = run
    self.folder = folder
    self.program = program
    standing = Mutex(nil)
  }

  /// Makes sure that it is there; another one is started where it has ended.
  public func standBy() throws(SystemError) {
    try standing.withLock { (standing) throws(SystemError) in
      if standing?.isThere == true { return }
      standing = nil
      standing = try Standing([program, SurvivorMain.command, run, folder])
    }
  }

  /// It is not needed any more: what it was for is put back.
  func end() { standing.withLock { $0 = nil } }

  /// The process, where it was started.
  var pid: Int32? { standing.withLock { $0?.pid } }
}

/// One that was started, and has said that it is ready.
private struct Standing: ~Copyable {
  let pid: Int32
  private let socket: Descriptor
  private let pidfd: Descriptor

  private static let object = "what puts the host back after a kill"
  /// A host under test can be busy.
  private static let patience: Int32 = 30_000
  /// It ends at once where nothing is left to put back, and else does not.
  private static let farewell: Int32 = 2_000

  /// - Parameter words: the program and its arguments.
  init(_ words: [String]) throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw SystemError("socketpair", Self.object, errno)
    }
    let ours = Descriptor(owning: ends[0])
    let theirs = Descriptor(owning: ends[1])
    var argv = unsafe (["bindrace"] + words.dropFirst()).map { unsafe strdup($0) } + [nil]
    var child: Int32 = 0
    let error = unsafe CLinux_spawn_apart(words[0], &argv, theirs.number, &child)
    for index in unsafe argv.indices { unsafe free(argv[index]) }
    guard error == 0 else { throw SystemError("start", Self.object, error) }
    // From here on the child ends by itself when our end is closed; ours alone keeps it.
    _ = consume theirs
    let number = CLinux_pidfd_open(child)
    guard number >= 0 else { throw SystemError("pidfd_open", Self.object, errno) }
    let process = Descriptor(owning: number)
    var byte: UInt8 = 0
    guard Self.isReadable(ours.number, within: Self.patience) else {
      throw SystemError("wait for", Self.object, ETIMEDOUT)
    }
    guard unsafe recv(ours.number, &byte, 1, 0) == 1 else {
      Self.reap(process.number, within: Self.farewell)
      throw SystemError(
        call: "start", object: Self.object, errno: EPIPE, reason: "it ended at once")
    }
    pid = child
    socket = ours
    pidfd = process
  }

  deinit {
    shutdown(socket.number, Int32(SHUT_RDWR))
    Self.reap(pidfd.number, within: Self.farewell)
  }

  /// It says nothing more, so what can be read is its end.
  var isThere: Bool { !Self.isReadable(socket.number, within: 0) }

  private static func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let (count, _) = retryingInterrupts { unsafe Int(poll(&polled, 1, milliseconds)) }
    return count > 0
  }

  private static func reap(_ pidfd: Int32, within milliseconds: Int32) {
    var code: Int32 = 0
    var status: Int32 = 0
    if isReadable(pidfd, within: milliseconds) {
      unsafe _ = CLinux_wait_pidfd(pidfd, 0, &code, &status)
    }
  }
}
