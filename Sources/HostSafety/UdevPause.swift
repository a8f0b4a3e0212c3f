internal import DriverModel
public import Evidence
internal import Glibc

/// Keeps udevd from the devices that are raced, and from those that are taken away.
///
/// Its worker opens a new disk, and reads the uevent files of what is above it meanwhile. These wait for
/// the device's lock on kernels such as 6.1.192 (uevent_show()), which a probe can hold that waits for the
/// old disk to be closed (blkcg_init_disk()): then neither ever ends, and journald, which reads
/// them too, hangs as well. On kernels such as 6.12.117 nobody waits: an old disk that is closed while
/// its queue gets a new one takes the queue's disk away (disk_release()), and the kernel oopses
/// (elv_register_queue()). So udevd begins no event while a device is raced, and works off what has come
/// every few seconds.
public final class UdevPause {
  private let host: Host
  private let ledger: Ledger
  private let patience: Duration
  /// Since when it begins nothing; nil where it was not told so, or did not answer.
  private var begun: Time?
  /// It was told to begin nothing, and not yet to go on.
  private var isTold = false

  private static let change = Change.udevQueue(UdevQueueChange())

  /// How long others' devices wait for udevd at most; a cycle is not cut short.
  private static let longest: Duration = .seconds(10)

  /// Nothing is changed yet.
  ///
  /// - Parameter patience: how long udevd, which answers only when it has read all uevents, may be busy.
  public init(_ host: Host, ledger: Ledger, patience: Duration = .seconds(30)) {
    self.host = host
    self.ledger = ledger
    self.patience = patience
  }

  /// Before a cycle: udevd has worked off what came, unless there is no time for that, and begins nothing
  /// from now on.
  ///
  /// - Throws: why it goes on. Nothing may be raced then.
  public func begin(settling: Bool = true) throws(SystemError) {
    guard host.hasUdevd else { return }
    if !isRecent { try end() }
    // Each time: whoever would let it go on after a kill may have ended.
    try ledger.record(Self.change)
    if !isTold, settling { try settle() }
    isTold = true
    // Before every cycle: one that was started anew knows nothing of it, and is at work.
    try host.actions.runUdevQueue(false, within: patience)
    try awaitWorkers()
    begun = begun ?? MonotonicClock.now()
  }

  private var isRecent: Bool {
    begun.map { MonotonicClock.now() - $0 < Self.longest.nanoseconds } ?? false
  }

  /// What it began before goes on, with the disk open.
  private func awaitWorkers() throws(SystemError) {
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

  /// udevd goes on. Where it does not answer, the ledger still has it.
  public func end() throws(SystemError) {
    guard isTold else { return }
    begun = nil
    if host.hasUdevd { try host.actions.runUdevQueue(true, within: patience) }
    isTold = false
  }

  /// Before what the run made is taken away, which udevd may not have open: it begins nothing, and has come to
  /// the end of what it began. It goes on when all is put back, by the ledger's entry. Where it does not
  /// answer, that is tried all the same.
  public func hold() {
    guard host.hasUdevd else { return }
    do throws(SystemError) {
      try ledger.record(Self.change)
      isTold = true
      try host.actions.runUdevQueue(false, within: patience)
      try awaitWorkers()
    } catch {}
  }

  /// udevd goes on, and nothing is left to be put back. Where it does not answer, the ledger still has it.
  public func close() {
    guard ledger.open.contains(Self.change) else { return }
    do throws(SystemError) {
      try end()
      try ledger.close(Self.change)
    } catch {}
  }
}
