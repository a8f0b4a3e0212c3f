internal import Evidence

/// An attach after the detach of an unbind of ours that succeeded, without a request since.
struct Lateness {
  let attach: Timeline.Attach
  let detach: Int
  let unbind: Call
}

extension TraceJudge {
  /// Whether the work that attached was under way before the detach (docs/driver-core.md, "Late").
  func late(_ lateness: Lateness) -> Statement? {
    let attach = lateness.attach
    switch attach.path?.kind {
    case .deviceHelper, .driverHelper: return lateHelper(lateness)
    case .deferredWorker: return lateRetry(lateness, at: attach.position)
    case .registration: return lateCall(lateness, timeline.registrations, "a registration")
    case .deviceAdd: return lateCall(lateness, timeline.additions, "an addition of the device")
    case .bind, .driversProbe, .newID, .rescan, nil:
      return statement(.lateAttach, lateness, "with no request since")
    }
  }

  private func statement(_ verdict: Verdict, _ lateness: Lateness, _ why: String) -> Statement {
    let attach = lateness.attach
    let after = time(from: lateness.detach, to: attach.position)
    let before =
      timeline.attaches.last { $0.position < lateness.detach }?.driver ?? evidence.driverAtStart
    let what =
      before ?? driver(attach) == driver(attach) ? "came back on" : "was attached to"
    return statement(
      verdict, attach, unbind: lateness.unbind, after: after,
      "\(driver(attach)) \(what) \(device) \(milliseconds(after)) after the detach of a successful unbind: \(who(attach)) attached it\(place(attach.path)), \(why)."
    )
  }

  private func lateHelper(_ lateness: Lateness) -> Statement? {
    guard let scheduled = timeline.helper(of: lateness.attach)?.scheduled else {
      let helper: Fact =
        lateness.attach.path?.kind == .deviceHelper ? .deviceHelper : .driverHelper
      return unknown(
        lateness, evidence.untold(helper) == nil ? .schedule : helper,
        "and its scheduling was not recorded")
    }
    if scheduled < lateness.detach {
      return statement(.lateAsyncAttach, lateness, "scheduled before the detach")
    }
    if timeline.workerRun(at: scheduled) != nil { return lateRetry(lateness, at: scheduled) }
    let scheduler = trace(scheduled)
    let call = (timeline.additions + timeline.registrations).around(scheduled, pid: scheduler.pid)
    if let call, call.start < lateness.detach {
      return statement(
        .lateAsyncAttach, lateness,
        "scheduled by \(who(scheduler)) in a \(call.point.rawValue) that had begun before the detach"
      )
    }
    return own.contains(scheduler.pid) ? nil : foreign(lateness.attach, by: scheduler)
  }

  /// The record is missing that would tell whose work it was. Where the kernel does not tell such, it may have
  /// been asked for after the detach.
  private func unknown(_ lateness: Lateness, _ fact: Fact, _ why: String) -> Statement {
    guard let untold = evidence.untold(fact) else { return statement(.lateAttach, lateness, why) }
    return statement(
      .inconclusive, lateness, "and it is not known \(fact.words) (\(untold.reason))")
  }

  /// A registration or an addition of the device attaches it by itself; one that began after the
  /// detach is a request.
  private func lateCall(_ lateness: Lateness, _ calls: [Call], _ what: String) -> Statement? {
    let record = lateness.attach.record
    guard let call = calls.around(lateness.attach.position, pid: record.pid) else {
      let fact: Fact = lateness.attach.path?.kind == .deviceAdd ? .addition : .registration
      return unknown(lateness, fact, "with no request since")
    }
    if call.start < lateness.detach {
      return statement(.lateAttach, lateness, "in \(what) that had begun before the detach")
    }
    return isOwn(call) ? nil : foreign(lateness.attach, by: record)
  }

  /// - Parameter position: where the worker tried again: the attach, or the scheduling of its helper.
  private func lateRetry(_ lateness: Lateness, at position: Int) -> Statement? {
    guard let deferral = deferralOrigin(position) else {
      return unknown(lateness, .deferral, "and its deferral was not recorded")
    }
    if deferral > lateness.detach { return deferredSince(lateness, deferral) }
    if position == lateness.attach.position {
      return statement(.lateDeferredAttach, lateness, "deferred before the detach")
    }
    // The worker had taken the device from its list, and waited for the lock that the unbind held.
    if let run = timeline.workerRun(at: position), run.start < lateness.detach {
      return statement(
        .lateAsyncAttach, lateness,
        "scheduled by a retry of the deferred device that had begun before the detach")
    }
    return statement(
      .lateAttach, lateness, "scheduled after the detach by a retry of the deferred device")
  }

  private func deferredSince(_ lateness: Lateness, _ deferral: Int) -> Statement? {
    let attach = lateness.attach
    if let linked = linked(attach, since: lateness.detach) { return linked }
    let path = AttachPath(stack: trace(deferral).stack)
    // A helper's deferral is the work of who scheduled it.
    let helper = timeline.helpers.last {
      $0.function == path?.helper && $0.pid == trace(deferral).pid
        && ($0.start ?? .max) < deferral && ($0.end ?? .max) > deferral
    }
    let scheduled = helper?.scheduled.flatMap { $0 > lateness.detach ? $0 : nil }
    let origin = trace(scheduled ?? deferral)
    if isForeign(origin) { return foreign(attach, by: origin) }
    if own.contains(origin.pid), isRequest(path, at: scheduled ?? deferral, since: lateness.detach)
    {
      return nil
    }
    return statement(
      .lateAttach, lateness,
      "deferred after the detach by \(who(trace(deferral)))\(place(path)), with no request since")
  }

  /// True when what we were in at that position asks for an attach: a write, a rescan of the bus, or a
  /// registration or an addition begun since the detach.
  private func isRequest(_ path: AttachPath?, at position: Int, since detach: Int) -> Bool {
    let pid = trace(position).pid
    if [.driversProbe, .bind, .rescan].contains(path?.kind) { return true }
    let calls = timeline.registrations + timeline.additions
    return calls.around(position, pid: pid).map { $0.start > detach } ?? false
  }
}
