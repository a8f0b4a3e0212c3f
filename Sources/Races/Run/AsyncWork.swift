internal import Evidence

/// The asynchronous probes that the trace knows of: of which device a helper was scheduled that has not
/// returned yet (async_schedule_node() to the helper's return); and whether the deferred worker is at work.
///
/// That none is pending proves the end of all asynchronous work where none can have been scheduled before the
/// recording began: the device was added since, or a barrier waited for all.
struct AsyncWork {
  /// True where all that was scheduled before the recording had ended.
  private var hasWaited = false
  private var pending: [UInt64: Int] = [:]
  private var added: Set<UInt64> = []
  /// In the helper of which device a thread is, and since when.
  private var running: [Int32: Run] = [:]
  /// Helpers that ended and whose scheduling has not come yet: records of two CPUs can be read in the wrong
  /// order.
  private var unscheduled: [Run] = []
  /// When the deferred worker was triggered last, and when it began last.
  private var triggered: Time?
  private var retried: Time?
  /// The threads in the deferred worker.
  private var retrying: Set<Int32> = []
  /// The address of each device that a driver was tried on, by its name and the driver's.
  private var probed: [String: UInt64] = [:]

  private static let helpers: Set<String> = [
    "__device_attach_async_helper", "__driver_attach_async_helper",
  ]

  private struct Run {
    let device: UInt64
    let start: Time
  }

  mutating func note(_ record: TraceRecord) {
    switch record.point {
    case .schedule:
      guard let device = record.device, Self.helpers.contains(record.function ?? "") else { return }
      if let run = unscheduled.firstIndex(where: { $0.device == device && $0.start > record.time })
      {
        unscheduled.remove(at: run)
      } else {
        pending[device, default: 0] += 1
      }
    case .deviceHelper, .driverHelper:
      running[record.pid] = record.device.map { Run(device: $0, start: record.time) }
    case .deviceHelperReturn, .driverHelperReturn:
      guard let run = running.removeValue(forKey: record.pid) else { return }
      if let count = pending[run.device] {
        pending[run.device] = count > 1 ? count - 1 : nil
      } else {
        unscheduled.append(run)
      }
    case .deferredTrigger: triggered = max(triggered ?? record.time, record.time)
    case .deferredWork:
      retried = max(retried ?? record.time, record.time)
      retrying.insert(record.pid)
    case .deferredWorkReturn: retrying.remove(record.pid)
    case .deviceAdd:
      if let device = record.device { added.insert(device) }
    case .reallyProbe:
      guard let device = record.device, let name = record.name, let driver = record.driver else {
        return
      }
      probed["\(driver)/\(name)"] = device
    default: break
    }
  }

  var isPending: Bool { !pending.isEmpty }

  /// True where the deferred worker is still to do what it was triggered for.
  var isRetryPending: Bool {
    guard let triggered else { return !retrying.isEmpty }
    // A trigger while the worker runs queues another run.
    return !retrying.isEmpty || retried.map { $0 < triggered } ?? true
  }

  /// A barrier waited for all that was scheduled before.
  mutating func endAll() {
    hasWaited = true
    pending = [:]
    running = [:]
    unscheduled = []
  }

  /// True where a helper of the device that is not pending by the trace is not pending at all.
  func isWhole(device: String, driver: String) -> Bool {
    hasWaited || probed["\(driver)/\(device)"].map(added.contains) ?? false
  }
}
