public import Evidence

/// Who did what to which device, read from the trace of all devices as it goes on. It judges nothing.
///
/// A probe can add a device and attach its driver within the same thread (virtio-pci and virtio_rng), so what
/// is kept of a probe is kept of its device, and calls nest.
public struct Deeds: Sendable {
  /// A call that has not returned.
  private struct Open {
    let record: TraceRecord
    /// True once it was told that it does not return.
    var isTold = false
  }

  private struct Release: Hashable {
    let pid: Int32
    let device: UInt64
  }

  /// The calls that each thread is in, the innermost one last.
  private var calls: [Int32: [Open]] = [:]
  /// The driver that was tried last on each device: the one that is attached next, and then is.
  private var drivers: [UInt64: String] = [:]
  /// Threads that are about to detach a device's driver.
  private var releases: Set<Release> = []
  /// What of all these is kept: a watch goes on for weeks.
  private let most: Int

  public init(most: Int = 16384) {
    self.most = most
  }

  /// What the next record tells. Its device is the bare name, as the trace has it.
  public mutating func take(_ record: TraceRecord) -> WatchEvent.Deed? {
    bound()
    switch record.point {
    case .reallyProbe:
      guard let device = record.device else { return nil }
      drivers[device] = record.driver
      // It found nothing to detach.
      releases.remove(Release(pid: record.pid, device: device))
    case .release:
      if let device = record.device {
        releases.insert(Release(pid: record.pid, device: device))
      }
    case .bound:
      return deed(
        .attach, record, driver: record.device.flatMap { drivers[$0] },
        function: record.attachFunction ?? record.asker ?? function(of: record.pid))
    case .cleanup: return detach(record)
    default:
      if Self.functions[record.point] != nil {
        calls[record.pid, default: []].append(Open(record: record))
      } else if let entry = Self.entries[record.point] {
        return close(entry, by: record)
      }
    }
    return nil
  }

  /// The writes that have not returned for so long, each told once.
  public mutating func overdue(since time: Time) -> [WatchEvent.Deed] {
    var deeds: [WatchEvent.Deed] = []
    for (pid, open) in calls {
      for (index, call) in open.enumerated() where !call.isTold && call.record.time < time {
        guard let kind = Self.writes[call.record.point] else { continue }
        calls[pid]?[index].isTold = true
        deeds.append(deed(kind, call.record, driver: call.record.driver))
      }
    }
    return deeds.sorted { $0.time < $1.time }
  }

  /// Something was lost: what comes next is not joined with what was before.
  public mutating func forgetAll() { self = Deeds(most: most) }

  private mutating func bound() {
    if calls.count > most || releases.count > most || drivers.count > most { forgetAll() }
  }

  // MARK: Calls

  /// By what a call is told, and how its function is named.
  private static let functions: [TracePoint: String] = [
    .bindStore: "bind_store", .unbindStore: "unbind_store",
    .driversProbeStore: "drivers_probe_store", .deviceAdd: "device_add",
    .deviceDelete: "device_del", .registerDriver: "bus_add_driver",
    .unregisterDriver: "bus_remove_driver", .deferredWork: "deferred_probe_work_func",
    .deviceHelper: "__device_attach_async_helper", .driverHelper: "__driver_attach_async_helper",
  ]

  /// Which begin a return ends.
  private static let entries = Dictionary(
    uniqueKeysWithValues: functions.keys.compactMap { entry in
      TracePoint(rawValue: entry.rawValue + "_return").map { ($0, entry) }
    })

  private static let writes: [TracePoint: WatchEvent.Deed.Kind] = [
    .bindStore: .bind, .unbindStore: .unbind,
  ]

  /// The innermost function that a thread is in.
  private func function(of pid: Int32) -> String? {
    calls[pid]?.last.flatMap { Self.functions[$0.record.point] }
  }

  private mutating func close(_ entry: TracePoint, by record: TraceRecord) -> WatchEvent.Deed? {
    guard let index = calls[record.pid]?.lastIndex(where: { $0.record.point == entry }),
      let begin = calls[record.pid]?[index].record
    else { return nil }
    // What is left within it lost its return.
    calls[record.pid]?.removeSubrange(index...)
    if calls[record.pid]?.isEmpty == true { calls[record.pid] = nil }
    let result = record.result ?? 0
    if let kind = Self.writes[entry] {
      var deed = deed(kind, begin, driver: begin.driver)
      deed.errno = result < 0 ? Int32(clamping: 0 &- result) : 0
      return deed
    }
    switch entry {
    case .deviceAdd where result >= 0: return deed(.add, begin, function: Self.functions[entry])
    case .deviceDelete:
      // Another one can come to its address.
      if let device = begin.device { drivers[device] = nil }
      return deed(.remove, begin, function: Self.functions[entry])
    default: return nil
    }
  }

  // MARK: Words

  /// What tells a detach also runs when a probe fails: see Timeline.isDetach().
  private mutating func detach(_ record: TraceRecord) -> WatchEvent.Deed? {
    guard let device = record.device else { return nil }
    let isReleased = releases.remove(Release(pid: record.pid, device: device)) != nil
    guard isReleased || record.function == "device_links_driver_cleanup" else { return nil }
    defer { drivers[device] = nil }
    return deed(.detach, record, driver: drivers[device], function: function(of: record.pid))
  }

  private func deed(
    _ kind: WatchEvent.Deed.Kind, _ record: TraceRecord, driver: String? = nil,
    function: String? = nil
  ) -> WatchEvent.Deed {
    WatchEvent.Deed(
      kind, time: record.time, device: record.name ?? "", driver: driver ?? "",
      command: record.command, pid: record.pid, function: function)
  }
}

extension TraceRecord {
  /// The driver core's own way from whoever asks to driver_bound() (drivers/base/dd.c).
  private static let core: Set<String> = [
    "driver_bound", "really_probe", "__driver_probe_device", "driver_probe_device",
    "__device_attach_driver", "bus_for_each_drv", "__device_attach", "device_attach",
    "device_initial_probe", "bus_probe_device", "device_driver_attach", "device_bind_driver",
    "kobject_uevent",
  ]

  /// Who called the driver core; nil where the stack ends before that.
  fileprivate var asker: String? {
    // A compiler may split a function: "bus_probe_device.part.0".
    stack.lazy.map { String($0.prefix { $0 != "." }) }.first { !Self.core.contains($0) }
  }
}
