internal import DriverModel
internal import Evidence
internal import HostSafety

/// Keeps udevd from the devices that are raced.
///
/// Its worker opens a new disk, and reads the uevent files of what is above it meanwhile. These wait for
/// the device's lock on kernels such as 6.1.192 (uevent_show()), which a probe can hold that waits for the
/// old disk to be closed (blkcg_init_disk()): then neither ever ends, and journald, which reads
/// them too, hangs as well. On kernels such as 6.12.117 nobody waits: an old disk that is closed while
/// its queue gets a new one takes the queue's disk away (disk_release()), and the kernel oopses
/// (elv_register_queue()). So udevd begins no event while a device is raced, and works off what has come
/// every few seconds.
final class UdevPause {
  private let host: Host
  private let ledger: Ledger
  private var begun: Time?
  /// Why udevd could not be paused; nil where it can.
  private(set) var problem: String?

  /// How long others' devices wait for udevd at most; a cycle is not cut short.
  private static let longest: Duration = .seconds(10)
  private static let patience: Duration = .seconds(15)

  /// Nil where there is no udevd. The change is in the ledger before it is made.
  init?(_ host: Host, ledger: Ledger) throws(SystemError) {
    guard host.hasUdevd else { return nil }
    self.host = host
    self.ledger = ledger
    try ledger.record(.udevQueue(UdevQueueChange()))
  }

  /// Before a cycle: udevd has worked off what came, unless there is no time for that, and begins nothing
  /// from now on.
  func begin(settling: Bool = true) {
    let now = MonotonicClock.now()
    if let begun, now - begun < Self.longest.nanoseconds { return }
    end()
    if problem != nil { return }
    do throws(SystemError) {
      if settling {
        // Whether that comes to an end in time is others' affair.
        var settle = try ChildProcess(["udevadm", "settle", "--timeout=10"])
        _ = try settle.wait(Self.patience)
      }
      try host.actions.runUdevQueue(false)
      begun = MonotonicClock.now()
    } catch {
      problem = "\(error)"
    }
  }

  /// udevd goes on.
  func end() {
    if begun == nil { return }
    begun = nil
    do throws(SystemError) {
      try host.actions.runUdevQueue(true)
    } catch {
      problem = "\(error)"
    }
  }

  /// udevd goes on, and nothing is left to be put back.
  func close() {
    end()
    if problem == nil { try? ledger.close(.udevQueue(UdevQueueChange())) }
  }
}
