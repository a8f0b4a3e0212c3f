internal import Evidence

/// The trace of a cycle as facts about one device: who called what, what was attached and detached,
/// which helpers were pending. Positions are indices in the trace, the only order there is.
struct Timeline {
  /// A write to bind or unbind, from its entry to its return.
  struct StoreCall {
    let pid: Int32
    let command: String
    let name: String
    let start: Int
    /// `trace.count` where no return was recorded.
    var end: Int
    /// The count written, or a negative errno; nil where no return was recorded.
    var result: Int64?

    var succeeded: Bool { (result ?? -1) >= 0 }
    func contains(_ position: Int) -> Bool { start < position && position < end }
  }

  struct Attach {
    let position: Int
    let record: TraceRecord
    let path: AttachPath?
    let driver: String?
  }

  struct Detach {
    let position: Int
    let pid: Int32
    let command: String
    /// Index in `unbinds` of the write that did it; nil for a removal or a driver's unload.
    let unbind: Int?
  }

  /// One scheduled helper of the device, from its scheduling to its return.
  struct Helper {
    let function: TracePoint
    /// Nil where the scheduling was not recorded.
    let scheduled: Int?
    var start: Int?
    var end: Int?
    var pid: Int32?

    /// True when it was scheduled before that position and had not finished there.
    func isPending(at position: Int) -> Bool {
      guard let scheduled, scheduled < position else { return false }
      return (end ?? .max) > position
    }
  }

  let trace: [TraceRecord]
  /// The address of the device that the cycle is about; nil where the trace never names it.
  let device: UInt64?
  private(set) var binds: [StoreCall] = []
  private(set) var unbinds: [StoreCall] = []
  private(set) var attaches: [Attach] = []
  private(set) var detaches: [Detach] = []
  private(set) var helpers: [Helper] = []
  /// Positions at which the device was put on the deferred list.
  private(set) var deferrals: [Int] = []

  init(_ trace: [TraceRecord], name: String, driver: String, ownProcesses: Set<Int32>) {
    self.trace = trace
    binds = Self.calls(trace, .bindStore, .bindStoreReturn)
    unbinds = Self.calls(trace, .unbindStore, .unbindStoreReturn)
    device = Self.identify(
      trace, name: name, driver: driver,
      own: (unbinds + binds).filter { ownProcesses.contains($0.pid) && $0.name == name })
    collect()
  }

  private static func calls(_ trace: [TraceRecord], _ entry: TracePoint, _ exit: TracePoint)
    -> [StoreCall]
  {
    var calls: [StoreCall] = []
    for (position, record) in trace.enumerated() {
      if record.point == entry {
        calls.append(
          StoreCall(
            pid: record.pid, command: record.command, name: record.name ?? "", start: position,
            end: trace.count, result: nil))
      } else if record.point == exit,
        let open = calls.lastIndex(where: { $0.pid == record.pid && $0.result == nil })
      {
        calls[open].end = position
        calls[open].result = record.result
      }
    }
    return calls
  }

  /// The device is the one our own verbs worked on; before they reach it (a refused unbind has no
  /// device), the one of that name that the driver was tried on or a helper ran for.
  private static func identify(
    _ trace: [TraceRecord], name: String, driver: String, own: [StoreCall]
  ) -> UInt64? {
    let worked = trace.enumerated().last { position, record in
      (record.point == .release || record.point == .bound) && record.name == name
        && own.contains { $0.pid == record.pid && $0.contains(position) }
    }
    if let worked { return worked.element.device }
    let tried = trace.last {
      $0.point == .reallyProbe && $0.name == name && $0.driver == driver
    }
    let helped = trace.last {
      ($0.point == .deviceHelper || $0.point == .driverHelper) && $0.name == name
    }
    return (tried ?? helped)?.device
  }

  private mutating func collect() {
    guard let device else { return }
    for (position, record) in trace.enumerated() {
      // A helper's return carries no device; it belongs to the helper that its thread runs.
      if record.point == .deviceHelperReturn || record.point == .driverHelperReturn {
        if let running = helpers.lastIndex(where: {
          $0.pid == record.pid && $0.start != nil && $0.end == nil
            && $0.function == record.point.helperOfReturn
        }), ranSince(helpers[running].start, pid: record.pid, until: position) {
          helpers[running].end = position
        }
        continue
      }
      guard record.device == device else { continue }
      switch record.point {
      case .bound:
        attaches.append(
          Attach(
            position: position, record: record, path: AttachPath(stack: record.stack),
            driver: driver(at: position, pid: record.pid)))
      case .cleanup:
        if isDetach(at: position, pid: record.pid) {
          detaches.append(
            Detach(
              position: position, pid: record.pid, command: record.command,
              unbind: unbinds.firstIndex { $0.pid == record.pid && $0.contains(position) }))
        }
      case .schedule:
        if let function = record.scheduledHelper {
          helpers.append(Helper(function: function, scheduled: position))
        }
      case .deviceHelper, .driverHelper:
        start(record, at: position)
      case .deferredAdd:
        deferrals.append(position)
      default:
        break
      }
    }
  }

  private mutating func start(_ record: TraceRecord, at position: Int) {
    let waiting = helpers.firstIndex { $0.function == record.point && $0.start == nil }
    let index = waiting ?? helpers.count
    if waiting == nil { helpers.append(Helper(function: record.point, scheduled: nil)) }
    helpers[index].start = position
    helpers[index].pid = record.pid
  }

  /// False when the thread began another helper after `start`, whose return this one then is.
  private func ranSince(_ start: Int?, pid: Int32, until end: Int) -> Bool {
    guard let start else { return false }
    return !trace[(start + 1)..<end].contains {
      $0.pid == pid && ($0.point == .deviceHelper || $0.point == .driverHelper)
    }
  }

  /// `device_unbind_cleanup` also runs when a probe fails; a detach is one that follows
  /// `device_release_driver_internal` in the same thread.
  private func isDetach(at position: Int, pid: Int32) -> Bool {
    let cause = trace[..<position].last {
      $0.pid == pid && $0.device == device && ($0.point == .release || $0.point == .reallyProbe)
    }
    return cause?.point == .release
  }

  private func driver(at position: Int, pid: Int32) -> String? {
    trace[..<position].last {
      $0.pid == pid && $0.device == device && $0.point == .reallyProbe
    }?.driver
  }
}

extension TraceRecord {
  fileprivate var scheduledHelper: TracePoint? {
    switch function {
    case "__device_attach_async_helper": .deviceHelper
    case "__driver_attach_async_helper": .driverHelper
    default: nil
    }
  }
}

extension TracePoint {
  fileprivate var helperOfReturn: TracePoint? {
    switch self {
    case .deviceHelperReturn: .deviceHelper
    case .driverHelperReturn: .driverHelper
    default: nil
    }
  }
}
