internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// A shared flock(2) on the file of a ledger, by whoever changes the host in its name: the run, its
/// children and theirs, which inherit the descriptor.
///
/// The kernel drops it with the last of them. A run that was killed can leave a verb behind that still
/// waits for a device's lock, or a rmmod(8) that has not begun; both change the host later.
final class LedgerHold: Sendable {
  private let file: Descriptor

  /// For the run itself, in which nobody else works.
  init(_ run: String, in directory: Directory) throws(SystemError) {
    file = try directory.open(run, O_RDONLY)
    guard CLinux_lock_shared(file.number) == 0 else {
      throw SystemError("flock", directory.object(run), errno)
    }
  }

  /// For who comes afterwards: waits until the last of them has ended, at most for `limit`, and is alone
  /// from then on, with its own children.
  ///
  /// - Throws: ETIMEDOUT where one still works, EINTR where the observer ended the wait.
  static func afterAll(
    of run: String, in directory: Directory, limit: Duration, observer: RestoreObserver
  ) throws(SystemError) -> LedgerHold {
    let file = try directory.open(run, O_RDONLY)
    let end = MonotonicClock.now() + limit
    var isNoticed = false
    while CLinux_lock_exclusive(file.number) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw SystemError("flock", directory.object(run), errno)
      }
      if MonotonicClock.now() >= end || observer.isInterrupted() {
        let code = observer.isInterrupted() ? EINTR : ETIMEDOUT
        var error = SystemError("wait for", "the run \(run)", code)
        error.reason = "a child of it is still at work and may change the host later"
        throw error
      }
      if !isNoticed { observer.note("waiting for what the run \(run) left at work") }
      isNoticed = true
      Pause.milliseconds(20)
    }
    return LedgerHold(file)
  }

  /// The same without waiting; nil where somebody still works in its name.
  static func alone(of run: String, in directory: Directory) throws(SystemError) -> LedgerHold? {
    let file = try directory.open(run, O_RDONLY)
    return CLinux_lock_exclusive(file.number) == 0 ? LedgerHold(file) : nil
  }

  /// Beside those that still work in its name; nil while a restore does so alone.
  static func shared(of run: String, in directory: Directory) throws(SystemError) -> LedgerHold? {
    let file = try directory.open(run, O_RDONLY)
    return CLinux_lock_shared(file.number) == 0 ? LedgerHold(file) : nil
  }

  private init(_ file: consuming Descriptor) { self.file = file }

  /// Lets all children from now on hold it too.
  func share(by actions: any HostActions) { actions.shareWithChildren(file.number) }
}
