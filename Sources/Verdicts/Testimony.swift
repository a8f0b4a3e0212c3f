public import Evidence

/// Which facts a stretch of the trace told as they should be told, and which it should have told and did not.
///
/// A place in the kernel counts only after it told something as expected: a compiler can have moved its
/// arguments, or inlined it where it matters.
public struct Testimony: Sendable, Equatable {
  public private(set) var told: Set<Fact> = []
  /// Those that had something to tell and did not.
  public private(set) var silent: Set<Fact> = []

  private let trace: [TraceRecord]

  /// - Parameters:
  ///   - trace: all that was recorded meanwhile, of all devices.
  ///   - verbs: what bindrace did meanwhile.
  ///   - isQuiet: nothing was raced: a verb that succeeded did what it says.
  public init(trace: [TraceRecord], verbs: [VerbRecord], isQuiet: Bool) {
    self.trace = trace
    for verb in verbs where verb.succeeded || verb.isAnsweredProbe {
      hear(verb, isQuiet: isQuiet)
    }
    if isQuiet { for verb in verbs where verb.isBeatenBind { hearFaster(than: verb) } }
    hearKernel()
    hearRest()
    silent.subtract(told)
  }

  private mutating func note(_ fact: Fact, _ isTold: Bool) {
    if isTold { told.insert(fact) } else { silent.insert(fact) }
  }

  // MARK: What we did

  private mutating func hear(_ verb: VerbRecord, isQuiet: Bool) {
    switch verb.verb {
    case .bind:
      guard let call = call(.bind, verb, { $0.result ?? 0 > 0 }) else { return }
      if isQuiet { hearBind(call, of: verb.object) }
    case .unbind:
      guard let call = call(.unbind, verb, { $0.result ?? 0 > 0 }) else { return }
      guard isQuiet else { return }
      let release = records(in: call, .release).first {
        $0.name == verb.object && $0.device != nil
      }
      note(.release, release != nil)
      note(.hold, records(in: call, .hold).contains { isReleased($0, release, verb) })
      note(.detach, records(in: call, .cleanup).contains { isReleased($0, release, verb) })
    case .driversProbe:
      _ = call(.driversProbe, verb) { _ in true }
    case .driverOverride:
      // Some buses have an attribute of their own, of which nothing is known.
      let write = Call.all(trace, .overrideSet, .overrideSetReturn).last { $0.pid == verb.pid }
      if let write, write.device != nil, write.name == verb.object, write.hasReturned {
        told.insert(.override)
      }
    case .driversAutoprobe:
      let calls = Call.all(trace, .autoprobeStore, .autoprobeStoreReturn)
      note(
        .autoprobe,
        calls.contains { $0.pid == verb.pid && $0.name == verb.object && $0.succeeded })
    case .remove, .delete, .scan, .rescan, .load, .unload, .confine: break
    }
  }

  /// True where it is a record of the device that an unbind reached.
  private func isReleased(_ record: TraceRecord, _ release: TraceRecord?, _ unbind: VerbRecord)
    -> Bool
  {
    // Where the release is silent, the others are not to blame.
    record.device != nil
      && (release.map { $0.device == record.device } ?? (record.name == unbind.object))
  }

  /// A bind of ours was refused, as somebody else was faster: that one did what ours would have done.
  private mutating func hearFaster(than verb: VerbRecord) {
    let calls = Call.all(trace, .bindStore, .bindStoreReturn).filter { $0.name == verb.object }
    // Of a refusal nothing more is expected.
    if calls.contains(where: { $0.pid == verb.pid && $0.hasReturned }) { told.insert(.bind) }
    if let faster = calls.last(where: { $0.result ?? 0 > 0 }) {
      hearBind(faster, of: verb.object)
    }
  }

  /// A bind that succeeded, whoever wrote it.
  private mutating func hearBind(_ call: Call, of name: String) {
    let probe = records(in: call, .reallyProbe).last {
      $0.name == name && $0.device != nil && $0.driver == trace[call.start].driver
    }
    note(.probe, probe != nil)
    // Where one is silent, the others are not to blame.
    func isOfDevice(_ record: TraceRecord) -> Bool {
      record.device != nil && (probe.map { $0.device == record.device } ?? (record.name == name))
    }
    let attach = records(in: call, .bound).last { $0.name == name }
    note(
      .attach,
      attach.map { isOfDevice($0) && AttachPath(stack: $0.stack)?.kind == .bind } ?? false)
    // driver_bound() does these for each device.
    note(.undeferral, records(in: call, .deferredDelete).contains(where: isOfDevice))
    note(.retry, !records(in: call, .deferredTrigger).isEmpty)
  }

  /// The call that a verb made, whose fact is noted.
  private mutating func call(_ fact: Fact, _ verb: VerbRecord, _ isExpected: (Call) -> Bool)
    -> Call?
  {
    let calls = Call.all(trace, fact.points[0], fact.points[1])
    let call = calls.last { $0.pid == verb.pid && $0.name == verb.object && isExpected($0) }
    note(fact, call != nil)
    return call
  }

  private func records(in call: Call, _ point: TracePoint) -> [TraceRecord] {
    trace.indices.compactMap {
      trace[$0].point == point && trace[$0].pid == call.pid && call.contains($0) ? trace[$0] : nil
    }
  }

  // MARK: What the kernel did

  /// A helper that ran for a device was scheduled for it; that is certain to be recorded where the device
  /// was added meanwhile. Who has the lock of a device has come to it. Who attached in a helper, or in the
  /// deferred worker, is in one.
  private mutating func hearKernel() {
    var added: Set<UInt64> = []
    var scheduled: Set<Schedule> = []
    /// What each thread was seen to begin.
    var begun: [Int32: Set<Fact>] = [:]
    var released: [Int32: UInt64] = [:]
    for record in trace {
      switch record.point {
      case .deviceAdd:
        if let device = record.device { added.insert(device) }
      case .release:
        released[record.pid] = record.device
      case .hold where record.device != nil && released[record.pid] == record.device:
        told.insert(.hold)
      case .schedule:
        if let device = record.device, let function = record.function {
          scheduled.insert(Schedule(device: device, function: function))
        }
      case .deviceHelper:
        begun[record.pid, default: []].insert(.deviceHelper)
        hear(record, of: "__device_attach_async_helper", scheduled, added)
      case .driverHelper:
        begun[record.pid, default: []].insert(.driverHelper)
        hear(record, of: "__driver_attach_async_helper", scheduled, added)
      case .deferredWork:
        begun[record.pid, default: []].insert(.worker)
      case .deviceHelperReturn where begun[record.pid]?.contains(.deviceHelper) ?? false:
        told.insert(.deviceHelper)
      case .driverHelperReturn where begun[record.pid]?.contains(.driverHelper) ?? false:
        told.insert(.driverHelper)
      case .deferredWorkReturn where begun[record.pid]?.contains(.worker) ?? false:
        told.insert(.worker)
      case .bound, .deferredAdd:
        if let fact = AttachPath(stack: record.stack)?.passiveFact,
          !(begun[record.pid]?.contains(fact) ?? false)
        {
          silent.insert(fact)
        }
        // Only a deferral by a probe proves the callers in dd.c.
        if record.point == .deferredAdd, record.device != nil, record.isByProbe {
          told.insert(.deferral)
        }
      default: break
      }
    }
  }

  private struct Schedule: Hashable {
    let device: UInt64
    let function: String
  }

  private mutating func hear(
    _ record: TraceRecord, of helper: String, _ scheduled: Set<Schedule>, _ added: Set<UInt64>
  ) {
    guard let device = record.device else { return }
    if scheduled.contains(Schedule(device: device, function: helper)) {
      told.insert(.schedule)
    } else if added.contains(device) {
      silent.insert(.schedule)
    }
  }

  /// What needs no more than to be seen whole.
  private mutating func hearRest() {
    let calls: [Fact] = [.addition, .removal, .registration, .unregistration]
    for fact in calls {
      let isSeen = Call.all(trace, fact.points[0], fact.points[1]).contains {
        $0.hasReturned && ($0.device != nil && !$0.name.isEmpty || $0.driver != nil)
      }
      if isSeen { told.insert(fact) }
    }
  }
}

extension VerbRecord {
  /// drivers_probe that was refused by drivers_probe_store() itself.
  fileprivate var isAnsweredProbe: Bool {
    verb == .driversProbe && (errno == Errno.noDevice || errno == Errno.invalid)
  }

  /// A bind that found the device bound: device_driver_attach() says EBUSY.
  fileprivate var isBeatenBind: Bool { verb == .bind && errno == Errno.busy }
}

extension AttachPath {
  /// The fact that tells what a kernel thread is in that attaches this way; nil for any other way.
  fileprivate var passiveFact: Fact? {
    switch kind {
    case .deviceHelper: .deviceHelper
    case .driverHelper: .driverHelper
    case .deferredWorker: .worker
    default: nil
    }
  }
}

extension TraceRecord {
  fileprivate var isByProbe: Bool {
    !stack.contains { $0.prefix { $0 != "." } == "device_links_driver_bound" }
  }
}
