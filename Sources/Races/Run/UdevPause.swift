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

  /// Nothing is changed yet.
  init(_ host: Host, ledger: Ledger) {
    self.host = host
    self.ledger = ledger
  }

  /// Before a cycle: udevd has worked off what came, unless there is no time for that, and begins nothing
  /// from now on.
  func begin(settling: Bool = true) {
    guard host.hasUdevd, problem == nil else { return }
    do throws(SystemError) {
      if let begun, MonotonicClock.now() - begun < Self.longest.nanoseconds {
        // One that was started anew knows nothing of it.
        return try host.actions.runUdevQueue(false)
      }
      end()
      try ledger.record(.udevQueue(UdevQueueChange()))
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
    guard host.hasUdevd else { return }
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
