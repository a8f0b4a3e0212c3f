internal import Evidence

/// The trace of a cycle as facts about one device: who called what, what was attached and detached,
/// which helpers were pending. After it was identified the device is an address, never a name.
struct Timeline {
  struct Attach {
    let position: Int
    let record: TraceRecord
    let path: AttachPath?
    let driver: String?
  }

  struct Detach {
    /// What the thread that detached was in.
    enum Cause {
      case unbind(Call)
      case removal(Call)
      case unload(Call)
      /// A removal of another device.
      case otherRemoval(Call)
      case unknown

      var call: Call? {
        switch self {
        case .unbind(let call), .removal(let call), .unload(let call), .otherRemoval(let call): call
        case .unknown: nil
        }
      }
    }

    let position: Int
    let pid: Int32
    let command: String
    let cause: Cause
  }

  /// One scheduled helper of the device, from its scheduling to its return.
  struct Helper {
    let function: TracePoint
    /// Nil where the scheduling was not recorded.
    let scheduled: Int?
    var start: Int?
    var end: Int?
    var pid: Int32?

    /// True when it was scheduled before that position and had not begun there.
    func isQueued(at position: Int) -> Bool {
      guard let scheduled, scheduled < position else { return false }
      return (start ?? .max) > position
    }
  }

  /// A stretch for which a thread had the device's lock.
  struct Hold {
    let pid: Int32
    let start: Int
    let end: Int
  }

  let trace: [TraceRecord]
  /// The address of the device that the cycle is about; nil where the trace never names it.
  let device: UInt64?
  let driverAtStart: String?

  // Calls for any device.
  let binds: [Call]
  let unbinds: [Call]
  let driversProbes: [Call]
  let registrations: [Call]
  let unloads: [Call]
  let workerRuns: [Call]
  let triggers: [Int]

  // Calls for the device, or for its bus.
  let overrides: [Call]
  let autoprobes: [Call]
  let additions: [Call]
  let removals: [Call]
  let probes: [Call]

  private(set) var attaches: [Attach] = []
  private(set) var detaches: [Detach] = []
  private(set) var helpers: [Helper] = []
  /// Since when, and as far as when for certain, threads had the device's lock: in a probe, and in a release
  /// up to its detach.
  private(set) var holds: [Hold] = []
  /// Whether a helper counts as pending that may have looked already.
  var countsDoubtful = false
  /// Where the device was put on the deferred list (driver_deferred_probe_add()), and where it was
  /// taken off (driver_deferred_probe_del()).
  private(set) var deferrals: [Int] = []
  private(set) var takings: [Int] = []

  /// - Parameter known: the device's address, where it needs not be found by its name.
  init(_ evidence: CycleEvidence, device known: UInt64? = nil) {
    let trace = evidence.trace
    // A call whose end may have no record is not still going on.
    func calls(_ fact: Fact) -> [Call] {
      let calls = Call.all(trace, fact.points[0], fact.points[1])
      return evidence.untold(fact) == nil ? calls : calls.filter(\.hasReturned)
    }
    self.trace = trace
    driverAtStart = evidence.driverAtStart
    binds = calls(.bind)
    unbinds = calls(.unbind)
    driversProbes = calls(.driversProbe)
    registrations = calls(.registration)
    unloads = calls(.unregistration)
    workerRuns = calls(.worker)
    triggers = trace.indices.filter { trace[$0].point == .deferredTrigger }
    let device = known ?? Self.identify(evidence, verbs: unbinds + binds)
    self.device = device
    let isDevice = { (call: Call) in device != nil && call.device == device }
    overrides = calls(.override).filter(isDevice)
    autoprobes = calls(.autoprobe).filter { $0.name == evidence.bus }
    additions = calls(.addition).filter(isDevice)
    let allRemovals = calls(.removal)
    removals = allRemovals.filter(isDevice)
    probes = calls(.probe).filter(isDevice).map { probe in
      // Where no return is recorded but what comes before it, that it bound is.
      guard probe.hasReturned, probe.result == nil else { return probe }
      var probe = probe
      let hasBound = trace.indices.contains {
        trace[$0].point == .bound && trace[$0].device == device && trace[$0].pid == probe.pid
          && probe.contains($0)
      }
      probe.result = hasBound ? 0 : -1
      return probe
    }
    collect(removals: allRemovals)
  }

  /// The device is the one our own verbs worked on; before they reach it (a refused unbind has no
  /// device), the one of that name that the driver was tried on, a helper ran for, we gave an override,
  /// or anybody worked on.
  private static func identify(_ evidence: CycleEvidence, verbs: [Call]) -> UInt64? {
    let trace = evidence.trace
    let own = Set(evidence.ownProcesses)
    let ownVerbs = verbs.filter { own.contains($0.pid) && $0.name == evidence.name }
    func last(_ points: Set<TracePoint>, where isIt: (Int, TraceRecord) -> Bool) -> UInt64? {
      trace.indices.last {
        points.contains(trace[$0].point) && trace[$0].name == evidence.name
          && isIt($0, trace[$0])
      }.flatMap { trace[$0].device }
    }
    return last([.release, .bound]) { position, record in
      ownVerbs.around(position, pid: record.pid) != nil
    }
      ?? last([.reallyProbe]) { $1.driver == evidence.driver }
      ?? last([.deviceHelper, .driverHelper]) { _, _ in true }
      ?? last([.overrideSet]) { own.contains($1.pid) }
      ?? last([.reallyProbe, .release]) { _, _ in true }
  }

  private mutating func collect(removals allRemovals: [Call]) {
    guard let device else { return }
    for (position, record) in trace.enumerated() where record.device == device {
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
              cause: cause(at: position, pid: record.pid, allRemovals)))
        }
      case .deferredAdd: deferrals.append(position)
      case .deferredDelete: takings.append(position)
      default: break
      }
    }
    collectHelpers(device)
    // One without an end may have ended long ago: on 5.10 a probe that tried no driver has no record of it.
    holds = probes.compactMap { probe in
      probe.end.map { Hold(pid: probe.pid, start: probe.start, end: $0) }
    }
    for detach in detaches {
      let last = trace[..<detach.position].lastIndex {
        [.release, .hold].contains($0.point) && $0.pid == detach.pid && $0.device == device
      }
      if let last, trace[last].point == .hold {
        holds.append(Hold(pid: detach.pid, start: last, end: detach.position))
      }
    }
  }

  private mutating func collectHelpers(_ device: UInt64) {
    let runs =
      Call.all(trace, .deviceHelper, .deviceHelperReturn)
      + Call.all(trace, .driverHelper, .driverHelperReturn)
    for (position, record) in trace.enumerated() where record.device == device {
      if record.point == .schedule, let function = record.scheduledHelper {
        helpers.append(Helper(function: function, scheduled: position))
      }
      guard let run = runs.first(where: { $0.start == position }) else { continue }
      let waiting = helpers.firstIndex { $0.function == run.point && $0.start == nil }
      let index = waiting ?? helpers.count
      if waiting == nil { helpers.append(Helper(function: run.point, scheduled: nil)) }
      helpers[index].start = run.start
      helpers[index].end = run.end
      helpers[index].pid = run.pid
    }
  }

  /// What tells a detach (`device_unbind_cleanup`, `devres_release_all`) also runs when a probe fails, or
  /// when the device goes; a detach is the first one that follows `device_release_driver_internal` in the
  /// same thread.
  private func isDetach(at position: Int, pid: Int32) -> Bool {
    // The release alone calls it.
    if trace[position].function == "device_links_driver_cleanup" { return true }
    let points: [TracePoint] = [.release, .reallyProbe, .cleanup]
    let cause = trace[..<position].last {
      $0.pid == pid && $0.device == device && points.contains($0.point)
    }
    return cause?.point == .release
  }

  /// An unbind of a parent removes the device, and that is a removal.
  private func cause(at position: Int, pid: Int32, _ allRemovals: [Call]) -> Detach.Cause {
    if let call = removals.around(position, pid: pid) { return .removal(call) }
    if let call = unbinds.around(position, pid: pid) { return .unbind(call) }
    if let call = unloads.around(position, pid: pid) { return .unload(call) }
    if let call = allRemovals.around(position, pid: pid) { return .otherRemoval(call) }
    return .unknown
  }

  private func driver(at position: Int, pid: Int32) -> String? {
    trace[..<position].last {
      $0.pid == pid && $0.device == device && $0.point == .reallyProbe
    }?.driver
  }
}

// MARK: - States

extension Timeline {
  /// True when a helper was scheduled before that position and had still to look for what it can do there.
  ///
  /// That it had not returned is not enough: it can have looked, found the device bound and let go of the lock
  /// (__device_attach_async_helper()). It has still to look where it had not begun, where it tried a driver
  /// after it, or where it began while a thread had the lock that still has it.
  func isPending(_ helper: Helper, at position: Int) -> Bool {
    guard let scheduled = helper.scheduled, scheduled < position, helper.end ?? .max > position
    else { return false }
    guard let start = helper.start, start < position else { return true }
    let isTrying = probes.contains {
      $0.pid == helper.pid && $0.start > start && $0.start < helper.end ?? .max
        && $0.end ?? $0.start > position
    }
    let isWaiting = holds.contains {
      $0.pid != helper.pid && $0.start < start && $0.end >= position
    }
    return isTrying || isWaiting || countsDoubtful
  }

  /// True when the last fact before that position attached the device; as it began where there is none.
  func isBound(at position: Int = .max) -> Bool {
    let attach = attaches.last { $0.position < position }?.position
    let detach = detaches.last { $0.position < position }?.position
    if attach == nil && detach == nil { return driverAtStart != nil }
    return (attach ?? -1) > (detach ?? -1)
  }

  /// The helper that made the attach.
  func helper(of attach: Attach) -> Helper? {
    helpers.last {
      $0.function == attach.path?.helper && $0.pid == attach.record.pid
        && ($0.start ?? .max) < attach.position && ($0.end ?? .max) > attach.position
    }
  }

  /// Where the probe that made the attach began.
  func probe(of attach: Attach) -> Int? {
    trace[..<attach.position].lastIndex {
      $0.pid == attach.record.pid && $0.device == device && $0.point == .reallyProbe
    }
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
