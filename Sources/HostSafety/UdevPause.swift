internal import DriverModel
public import Evidence
internal import Glibc
internal import Synchronization

/// Keeps udevd from the devices that are raced, and from those that are taken away.
///
/// Its worker opens a new disk, and reads the uevent files of what is above it meanwhile. These wait for
/// the device's lock on kernels such as 6.1.192 (uevent_show()), which a probe can hold that waits for the
/// old disk to be closed (blkcg_init_disk()): then neither ever ends, and journald, which reads
/// them too, hangs as well. On kernels such as 6.12.117 nobody waits: an old disk that is closed while
/// its queue gets a new one takes the queue's disk away (disk_release()), and the kernel oopses
/// (elv_register_queue()). So udevd begins no event while a device is raced, and works off what has come
/// every few seconds.
public final class UdevPause: Sendable {
  private let host: Host
  private let ledger: Ledger
  private let patience: Duration
  private let longest: Duration
  private let state = Mutex(State())

  private struct State {
    /// Since when it begins nothing; nil where it was not told so, or did not answer.
    var begun: Time?
    /// It was told to begin nothing, and not yet to go on.
    var isTold = false
    /// Grows each time: what ends it knows by it which one it was to end.
    var turn = 0
  }

  static let change = Change.udevQueue(UdevQueueChange())

  /// Nothing is changed yet.
  ///
  /// - Parameters:
  ///   - patience: how long udevd, which answers only when it has read all uevents, may be busy.
  ///   - longest: how long it stands at most once it has come to the end of what it began; a cycle is not cut
  ///     short. While something is taken away it is also how long that end is waited for.
  public init(
    _ host: Host, ledger: Ledger, patience: Duration = .seconds(30),
    longest: Duration = .seconds(10)
  ) {
    self.host = host
    self.ledger = ledger
    self.patience = patience
    self.longest = longest
  }

  /// Before a cycle: udevd has worked off what came, unless there is no time for that, and begins nothing
  /// from now on.
  ///
  /// - Throws: why it goes on. Nothing may be raced then.
  public func begin(settling: Bool = true) throws(SystemError) {
    guard host.hasUdevd else { return }
    try state.withLock { (state) throws(SystemError) in
      let isRecent =
        state.begun.map { MonotonicClock.now() - $0 < longest.nanoseconds } ?? false
      if !isRecent { try end(&state) }
      if !state.isTold, settling { try settle() }
      try stop(&state)
      try awaitWorkers(patience)
      state.begun = state.begun ?? MonotonicClock.now()
    }
  }

  /// udevd goes on. Where it does not answer, the ledger still has it.
  public func end() throws(SystemError) {
    try state.withLock { (state) throws(SystemError) in try end(&state) }
  }

  /// Does what takes devices away that the run made, which udevd may not have open: it begins nothing
  /// meanwhile, and has come to the end of what it began. Where it does not answer, or cannot be told, that is
  /// done all the same.
  ///
  /// When it takes long, udevd goes on before: a module that goes cannot be used any more
  /// (try_module_get()), so nothing of it can be opened.
  func standing<Result>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    guard host.hasUdevd else { return try body() }
    let turn = state.withLock { state in
      do throws(SystemError) {
        try stop(&state)
        try awaitWorkers(longest)
      } catch {}
      return state.turn
    }
    let alarm = try? Alarm("bindrace-udevd", after: longest) {
      self.state.withLock { state in
        if state.turn == turn { try? self.end(&state) }
      }
    }
    defer { try? end() }
    return try withExtendedLifetime(alarm, body)
  }

  /// udevd goes on, and nothing is left to be put back. What somebody else told it is his.
  ///
  /// - Returns: why the ledger still has it; nil where it does not.
  @discardableResult public func close() -> SystemError? {
    guard state.withLock({ $0.turn > 0 }), ledger.open.contains(Self.change) else { return nil }
    do throws(SystemError) {
      try end()
      try ledger.close(Self.change)
      return nil
    } catch {
      return error
    }
  }

  /// It begins nothing, and may still be at what it began.
  private func stop(_ state: inout State) throws(SystemError) {
    // Each time: whoever would let it go on after a kill may have ended.
    try ledger.record(Self.change)
    state.isTold = true
    state.turn += 1
    // Also where it was told before: one that was started anew knows nothing of it, and is at work.
    try host.actions.runUdevQueue(false, within: patience)
  }

  private func end(_ state: inout State) throws(SystemError) {
    guard state.isTold else { return }
    state.begun = nil
    if host.hasUdevd { try host.actions.runUdevQueue(true, within: patience) }
    state.isTold = false
  }

  /// What it began before goes on, with the disk open.
  private func awaitWorkers(_ patience: Duration) throws(SystemError) {
    let end = MonotonicClock.now() + patience
    while let work = try host.udevdWork() {
      if MonotonicClock.now() >= end {
        let reason = "\(work), still after \(Int(patience.seconds)) s"
        throw SystemError(call: "wait for", object: "udevd", errno: ETIMEDOUT, reason: reason)
      }
      usleep(10_000)
    }
  }

  /// Waits until udevd has worked off what came. Whether that comes to an end in time is others' affair.
  private func settle() throws(SystemError) {
    var settle = try ChildProcess(["udevadm", "settle", "--timeout=10"])
    _ = try settle.wait(.seconds(15))
  }
}
