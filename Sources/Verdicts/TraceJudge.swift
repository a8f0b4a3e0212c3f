internal import Evidence

/// Judges by the order of trace records (docs/driver-core.md, "Order").
struct TraceJudge {
  let evidence: CycleEvidence
  let order: WantedOrder
  /// Which verdicts are no more than notes in this run.
  let columns: Columns
  let own: Set<Int32>
  var timeline: Timeline

  init(_ evidence: CycleEvidence, order: WantedOrder, columns: Columns) {
    self.evidence = evidence
    self.order = order
    self.columns = columns
    own = Set(evidence.ownProcesses)
    timeline = Timeline(evidence)
  }

  /// Of a device that is known by its address, without an intention.
  init(_ evidence: CycleEvidence, device: UInt64) {
    self.evidence = evidence
    order = .unboundAndBound
    columns = Columns()
    own = Set(evidence.ownProcesses)
    timeline = Timeline(evidence, device: device)
  }

  func judge() -> Judgement {
    if evidence.loss.isTraceLost {
      return inconclusive(evidence.loss.traceText)
    }
    if let untoldCore { return inconclusive(untoldCore.text) }
    if let verb = unrecorded {
      return inconclusive(
        "The trace has no record of our \(verb.verb.rawValue) of \(verb.object): it was not recording."
      )
    }
    if let open = ourUnbinds.first(where: { !$0.hasReturned }) {
      return inconclusive("The return of unbind by pid \(open.pid) was not recorded.")
    }
    if let attach = timeline.attaches.first(where: { $0.record.stack.isEmpty }) {
      return inconclusive("The stack of the attach by \(who(attach)) was not recorded.")
    }
    let statements =
      unbindStatements + collateralDetaches + helperDetaches + leftBehind
      + timeline.attaches.flatMap(statements)
    let findings = statements.map(\.finding).sorted {
      Verdict.allCases.firstIndex(of: $0.verdict)! < Verdict.allCases.firstIndex(of: $1.verdict)!
    }
    let isDisturbed = foreignDetach != nil || findings.contains { $0.verdict == .foreignAttach }
    let untold = untoldOfOrder
    let isHit = !isDisturbed && untold == nil && isReached
    let doubt = isHit ? doubt(explained: Set(statements.compactMap(\.attach))) : nil
    if let worst = findings.first {
      // A note does not outweigh that the end of the cycle cannot be told.
      let isNoted = findings.allSatisfy { columns.weight(of: $0.verdict) == .note }
      if isNoted, let doubt {
        var judgement = inconclusive(doubt, isHit: true)
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
    if let untold { return inconclusive(untold.text) }
    guard isHit else {
      if let untoldHold { return inconclusive(untoldHold.text) }
      return Judgement(
        verdict: .missed, isHit: false, reason: "The wanted order was not reached.")
    }
    if let doubt { return inconclusive(doubt, isHit: true) }
    return Judgement(
      verdict: .clean, isHit: true, reason: "The device is as the last word left it.")
  }

  private func inconclusive(_ reason: String, isHit: Bool = false) -> Judgement {
    Judgement(
      verdict: .inconclusive, isHit: isHit, reason: reason,
      findings: [evidence.finding(.inconclusive, text: reason)])
  }
}

/// A finding, and the attach that it explains.
struct Statement {
  var finding: Finding
  /// The attach's position; nil where it explains none.
  var attach: Int?
}

// MARK: - Whose it was

extension TraceJudge {
  func isOwn(_ call: Call) -> Bool { own.contains(call.pid) }

  /// A write of ours that names the raced device.
  func isOurs(_ call: Call) -> Bool { isOwn(call) && call.name == evidence.name }

  var ourBinds: [Call] { timeline.binds.filter(isOurs) }
  var ourUnbinds: [Call] { timeline.unbinds.filter(isOurs) }

  /// A detach by anything but us: our unbind, our removal, our unload.
  var foreignDetach: Timeline.Detach? {
    timeline.detaches.first { !own.contains($0.pid) }
  }

  /// The detaches by our own unbinds that succeeded.
  var ourDetaches: [(detach: Timeline.Detach, unbind: Call)] {
    timeline.detaches.compactMap { detach in
      guard case .unbind(let call) = detach.cause, isOurs(call), call.succeeded else { return nil }
      return (detach, call)
    }
  }

  /// The attaches that our own binds made.
  var ourAttaches: [Timeline.Attach] {
    timeline.attaches.filter { attach in
      ourBinds.contains {
        $0.pid == attach.record.pid && $0.contains(attach.position) && $0.succeeded
      }
    }
  }

  /// The last of our unbinds that was refused with ENODEV.
  var refusal: (call: Call, end: Int)? {
    let refused = ourUnbinds.last { $0.result == -Int64(Errno.noDevice) }
    return refused.flatMap { call in call.end.map { (call, $0) } }
  }

  /// A user process that is not ours.
  func isForeign(_ record: TraceRecord) -> Bool {
    !own.contains(record.pid) && !record.isKernelThread
  }
}

// MARK: - Doubts

extension TraceJudge {
  /// A write of ours that succeeded and has no record.
  private var unrecorded: VerbRecord? {
    evidence.verbs.first { verb in
      let calls: [Call]
      switch verb.verb {
      case .bind: calls = timeline.binds
      case .unbind: calls = timeline.unbinds
      case .driversProbe where evidence.untold(.driversProbe) == nil:
        calls = timeline.driversProbes
      default: return false
      }
      return verb.succeeded && !calls.contains { $0.pid == verb.pid && $0.name == verb.object }
    }
  }

  /// Why the end of a hit proves nothing; nil where it does.
  private func doubt(explained: Set<Int>) -> String? {
    if !evidence.isDrained {
      return evidence.undrained ?? "Asynchronous work was still pending at the end."
    }
    if timeline.helpers.contains(where: { $0.end == nil }) {
      return "A scheduled helper's end was not recorded."
    }
    if let call = unfinished {
      return
        "\(call.point.rawValue) by \(call.command) (pid \(call.pid)) was still under way at the end."
    }
    // driver_bound() does nothing for a device that is bound (klist_node_attached()).
    if timeline.attaches.contains(where: { timeline.isBound(at: $0.position) }) {
      return "A driver was attached while there was one: a detach has no record."
    }
    if let untoldDeferral { return untoldDeferral }
    if let retry = timeline.pendingRetry { return retry }
    let isBound = timeline.isBound()
    let last = isBound ? timeline.attaches.last : nil
    let driver = evidence.driverAtEnd
    if isBound != (driver != nil) || last?.driver.map({ $0 != driver }) ?? false {
      return "The driver link at the end says otherwise than the trace."
    }
    if let last, !explained.contains(last.position), !isAsked(last) {
      return "The device did not end as the last verb left it, and the trace does not say why."
    }
    return nil
  }

  /// What could still attach or detach the device after the trace.
  private var unfinished: Call? {
    let drivers = [evidence.driver, evidence.rival].compactMap { $0 }
    let verbs = (timeline.binds + timeline.driversProbes).filter { $0.name == evidence.name }
    let loads = (timeline.registrations + timeline.unloads).filter {
      $0.driver.map(drivers.contains) ?? false
    }
    return (verbs + loads + timeline.additions + timeline.removals).first { !$0.hasReturned }
  }

  /// True when we asked for the last attach, by whatever verb, since the driver was last detached.
  private func isAsked(_ attach: Timeline.Attach) -> Bool {
    if isRequested(attach, since: timeline.detaches.last?.position) { return true }
    switch attach.path?.kind {
    case .deviceHelper, .driverHelper:
      return timeline.helper(of: attach)?.scheduled.map { own.contains(trace($0).pid) } ?? false
    case .deferredWorker:
      return timeline.deferral(before: attach.position).map { own.contains(trace($0).pid) } ?? false
    case .bind, .driversProbe, .newID, .rescan, .registration, .deviceAdd, nil:
      return own.contains(attach.record.pid)
    }
  }
}
