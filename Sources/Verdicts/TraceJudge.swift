internal import Evidence

/// Judges by the order of trace records (DESIGN.md section 1, "Order").
struct TraceJudge {
  let evidence: CycleEvidence
  let order: WantedOrder
  let own: Set<Int32>
  let timeline: Timeline

  init(_ evidence: CycleEvidence, order: WantedOrder) {
    self.evidence = evidence
    self.order = order
    own = Set(evidence.ownProcesses)
    timeline = Timeline(
      evidence.trace, name: evidence.name, driver: evidence.driver, ownProcesses: own)
  }

  func judge() -> Judgement {
    if evidence.loss.isTraceLost {
      return inconclusive(
        "\(evidence.loss.traceLost) trace records and \(evidence.loss.probesMissed) probe hits were lost during the cycle."
      )
    }
    if let open = openUnbind {
      return inconclusive("The return of unbind by pid \(open.pid) was not recorded.")
    }
    if let attach = timeline.attaches.first(where: { $0.record.stack.isEmpty }) {
      return inconclusive("The stack of the attach by \(who(attach)) was not recorded.")
    }
    let findings = timeline.attaches.compactMap(finding).sorted {
      Verdict.allCases.firstIndex(of: $0.verdict)! < Verdict.allCases.firstIndex(of: $1.verdict)!
    }
    let isDisturbed = foreignDetach != nil || findings.contains { $0.verdict == .foreignAttach }
    let isHit = !isDisturbed && orderReached
    if let worst = findings.first {
      // A note does not outweigh that the end of the cycle cannot be told.
      if worst.verdict.weight == .note, let doubt = doubt(isHit: isHit) {
        var judgement = inconclusive(doubt, isHit: isHit)
        judgement.findings += findings
        return judgement
      }
      return Judgement(
        verdict: worst.verdict, isHit: isHit, reason: worst.text, findings: findings)
    }
    if let detach = foreignDetach {
      return inconclusive(
        "\(detach.command) (pid \(detach.pid)) detached the driver during the cycle.")
    }
    guard isHit else {
      return Judgement(
        verdict: .missed, isHit: false, reason: "The wanted order was not reached.")
    }
    if let doubt = doubt(isHit: true) { return inconclusive(doubt, isHit: true) }
    return Judgement(
      verdict: .clean, isHit: true, reason: "The device is as the last word left it.")
  }

  private func inconclusive(_ reason: String, isHit: Bool = false) -> Judgement {
    Judgement(
      verdict: .inconclusive, isHit: isHit, reason: reason,
      findings: [evidence.finding(.inconclusive, text: reason)])
  }
}

// MARK: - The order

extension TraceJudge {
  private var ownUnbinds: [Timeline.StoreCall] { timeline.unbinds.filter(isOwn) }
  private var ownBinds: [Timeline.StoreCall] { timeline.binds.filter(isOwn) }

  private func isOwn(_ call: Timeline.StoreCall) -> Bool {
    own.contains(call.pid) && call.name == evidence.name
  }

  private var openUnbind: Timeline.StoreCall? { ownUnbinds.first { $0.result == nil } }

  /// A detach by anything but our own unbind.
  private var foreignDetach: Timeline.Detach? {
    timeline.detaches.first { !own.contains($0.pid) }
  }

  /// Our own detaches, and the write that made each.
  private var ownDetaches: [(detach: Timeline.Detach, call: Timeline.StoreCall)] {
    timeline.detaches.compactMap { detach in
      guard let index = detach.unbind else { return nil }
      let call = timeline.unbinds[index]
      return isOwn(call) && call.succeeded ? (detach, call) : nil
    }
  }

  /// The attaches that our own bind made.
  private var ownAttaches: [Timeline.Attach] {
    timeline.attaches.filter { attach in
      ownBinds.contains {
        $0.pid == attach.record.pid && $0.contains(attach.position) && $0.succeeded
      }
    }
  }

  /// The last of our refused unbinds.
  private var refusal: Timeline.StoreCall? {
    ownUnbinds.last { $0.result == -Int64(Errno.noDevice) }
  }

  private var orderReached: Bool {
    switch order {
    case .helperPendingAtDetach:
      ownDetaches.contains { detach, _ in
        ownAttaches.contains { $0.position < detach.position }
          && timeline.helpers.contains { $0.isPending(at: detach.position) }
      }
    case .helperPendingAtRefusal:
      refusal.map { refused in
        timeline.helpers.contains { $0.isPending(at: refused.end) }
      } ?? false
    case .unboundAndBound:
      ownDetaches.contains { detach, _ in
        ownAttaches.contains { $0.position > detach.position }
      }
    default:
      false
    }
  }

  /// Why the end of the cycle proves nothing; nil where it does.
  private func doubt(isHit: Bool) -> String? {
    guard isHit else { return nil }
    if !evidence.isDrained { return "Asynchronous work was still pending at the end." }
    if timeline.helpers.contains(where: { $0.scheduled != nil && $0.end == nil }) {
      return "A scheduled helper's end was not recorded."
    }
    let isBound =
      (timeline.attaches.last?.position ?? -1) > (timeline.detaches.last?.position ?? -1)
    if isBound != (evidence.driverAtEnd != nil) {
      return "The driver link at the end says otherwise than the trace."
    }
    let wanted = ownAttaches.last?.position ?? -1 > ownDetaches.last?.detach.position ?? -1
    // After a refusal there is no last word: the note itself says that it attached.
    if order != .helperPendingAtRefusal && isBound != wanted {
      return "The device did not end as the last verb left it, and the trace does not say why."
    }
    return nil
  }
}

// MARK: - Attaches

extension TraceJudge {
  /// What an attach contradicts; nil for one that was asked for, or that nothing went before.
  private func finding(_ attach: Timeline.Attach) -> Finding? {
    if isForeign(attach) { return foreign(attach, by: attach.record) }
    let detach = timeline.detaches.last { $0.position < attach.position }
    if let detach {
      guard let index = detach.unbind, isOwn(timeline.unbinds[index]),
        timeline.unbinds[index].succeeded
      else { return nil }
      return late(attach, after: detach, timeline.unbinds[index])
    }
    if let refusal, refusal.end < attach.position { return refused(attach, after: refusal) }
    return nil
  }

  /// A user process that is not ours, by a verb of its own.
  private func isForeign(_ attach: Timeline.Attach) -> Bool {
    !own.contains(attach.record.pid) && !attach.record.isKernelThread
      && attach.path?.helper == nil && attach.path?.kind != .deferredWorker
  }

  private func late(
    _ attach: Timeline.Attach, after detach: Timeline.Detach, _ unbind: Timeline.StoreCall
  ) -> Finding? {
    if isRequested(attach, since: detach.position) { return nil }
    let after = attach.record.time - trace(detach.position).time
    func finding(_ verdict: Verdict, _ why: String) -> Finding {
      let text =
        "\(driver(attach)) came back on \(device) \(milliseconds(after)) after the detach of a successful unbind: \(who(attach)) attached it\(place(attach)), \(why)."
      return evidence.finding(
        verdict, unbind: reported(unbind), attach: report(attach, after: after),
        seqnum: evidence.rebindSeqnums, text: text)
    }
    switch attach.path?.kind {
    case .deviceHelper, .driverHelper:
      guard let scheduled = schedule(of: attach) else {
        return finding(.lateAttach, "and its scheduling was not recorded")
      }
      if scheduled < detach.position {
        return finding(.lateAsyncAttach, "scheduled before the detach")
      }
      let scheduler = trace(scheduled)
      if own.contains(scheduler.pid) { return nil }
      return foreign(attach, by: scheduler)
    case .deferredWorker:
      guard timeline.deferrals.contains(where: { $0 < detach.position }) else {
        return finding(.lateAttach, "and its deferral was not recorded")
      }
      return finding(.lateDeferredAttach, "deferred before the detach")
    case .bind, .driversProbe, .newID, .rescan, .registration, .deviceAdd, nil:
      return finding(.lateAttach, "with no request since")
    }
  }

  private func refused(_ attach: Timeline.Attach, after refusal: Timeline.StoreCall) -> Finding? {
    if isRequested(attach, since: refusal.end) { return nil }
    // Only a probe that was pending at the refusal contradicts it.
    let pending =
      attach.path?.kind == .deferredWorker ? timeline.deferrals.first : schedule(of: attach)
    guard let pending, pending < refusal.end else { return nil }
    let after = attach.record.time - trace(refusal.end).time
    return evidence.finding(
      .attachAfterRefusal, unbind: reported(refusal), attach: report(attach, after: after),
      seqnum: evidence.rebindSeqnums,
      text:
        "\(driver(attach)) attached to \(device) \(milliseconds(after)) after unbind was refused with ENODEV: \(who(attach)) attached it\(place(attach))."
    )
  }

  private func foreign(_ attach: Timeline.Attach, by record: TraceRecord) -> Finding {
    let detach = timeline.detaches.last { $0.position < attach.position }
    let after = detach.map { attach.record.time - trace($0.position).time }
    var report = report(attach, after: after)
    report.command = record.command
    report.pid = record.pid
    return evidence.finding(
      .foreignAttach, attach: report, seqnum: evidence.rebindSeqnums,
      text:
        "\(driver(attach)) was attached to \(device) by another process: \(record.command) (pid \(record.pid))\(place(attach))."
    )
  }

  /// True when bindrace asked for an attach after that position: then the attach may be its answer.
  private func isRequested(_ attach: Timeline.Attach, since position: Int) -> Bool {
    let stores: [TracePoint] = [.bindStore, .driversProbeStore]
    let written = timeline.trace[(position + 1)..<attach.position].contains {
      stores.contains($0.point) && own.contains($0.pid) && $0.name == evidence.name
    }
    // A scan or load has no record of its own. Its start is taken before the system call, so one
    // that started after the detach was asked for after it.
    let since = trace(position).time
    return written
      || evidence.verbs.contains {
        [.scan, .rescan, .load].contains($0.verb) && $0.start > since
          && $0.start < attach.record.time
      }
  }

  /// Where the helper that made the attach was scheduled.
  private func schedule(of attach: Timeline.Attach) -> Int? {
    timeline.helpers.last {
      $0.function == attach.path?.helper && $0.pid == attach.record.pid
        && ($0.start ?? .max) < attach.position
    }?.scheduled
  }
}

// MARK: - Words

extension TraceJudge {
  private func trace(_ position: Int) -> TraceRecord {
    timeline.trace[min(position, timeline.trace.count - 1)]
  }

  private var device: String { "\(evidence.bus)/\(evidence.name)" }

  private func driver(_ attach: Timeline.Attach) -> String { attach.driver ?? evidence.driver }

  private func who(_ attach: Timeline.Attach) -> String {
    "\(attach.record.command) (pid \(attach.record.pid))"
  }

  private func place(_ attach: Timeline.Attach) -> String {
    attach.path.map { " in \($0.function)" } ?? ""
  }

  private func milliseconds(_ nanoseconds: Int64) -> String {
    let micros = nanoseconds / 1000
    let fraction = String(micros % 1000)
    return "\(micros / 1000)." + String(repeating: "0", count: 3 - fraction.count)
      + "\(fraction) ms"
  }

  private func report(_ attach: Timeline.Attach, after: Int64?) -> Finding.Attach {
    Finding.Attach(
      time: attach.record.time, after: after, function: attach.path?.function,
      command: attach.record.command, pid: attach.record.pid, stack: attach.record.stack)
  }

  /// The verb as it was recorded in user space; where there is none, the trace's own times.
  private func reported(_ call: Timeline.StoreCall) -> Finding.Unbind {
    if let verb = evidence.verbs.last(where: { $0.verb == .unbind && $0.pid == call.pid }) {
      return verb.reported
    }
    return Finding.Unbind(
      start: trace(call.start).time, end: trace(call.end).time,
      errno: (call.result ?? 0) < 0 ? Int32(-(call.result ?? 0)) : 0, pid: call.pid)
  }
}
