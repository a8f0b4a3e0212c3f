internal import Evidence

/// What an attach contradicts: a successful unbind before it, or a refused one.
extension TraceJudge {
  /// All that is to be said against one attach; empty where it was asked for, or nothing went before.
  func statements(_ attach: Timeline.Attach) -> [Statement] {
    let always = [removed(attach), unloaded(attach)].compactMap { $0 }
    if attach.path?.isPassive != true && isForeign(attach.record) {
      return always + [foreign(attach, by: attach.record)]
    }
    return always
      + [overridden(attach), autoprobed(attach), unasked(attach)].compactMap { $0 }
  }

  private func unasked(_ attach: Timeline.Attach) -> Statement? {
    guard let detach = timeline.detaches.last(where: { $0.position < attach.position }) else {
      return refused(attach)
    }
    if isRequested(attach, since: detach.position) { return nil }
    guard case .unbind(let unbind) = detach.cause, isOurs(unbind), unbind.succeeded else {
      // Nobody said that it would stay away, but a link may say why it is there.
      return linked(attach, since: detach.position)
    }
    return late(Lateness(attach: attach, detach: detach.position, unbind: unbind))
  }

  /// True when bindrace asked for an attach after that position, or by the very call that attached:
  /// then the attach may be its answer.
  ///
  /// - Parameter position: nil for the beginning.
  func isRequested(_ attach: Timeline.Attach, since position: Int?) -> Bool {
    let isOwn = own.contains(attach.record.pid)
    if isOwn, attach.path?.kind == .bind || attach.path?.kind == .driversProbe { return true }
    let stores: [TracePoint] = [.bindStore, .driversProbeStore]
    let written = timeline.trace[(position.map { $0 + 1 } ?? 0)..<attach.position].contains {
      stores.contains($0.point) && own.contains($0.pid) && $0.name == evidence.name
    }
    // A scan, a load or a rescan has no record of its own. Its start is taken before the system
    // call, so one that started after the detach was asked for after it.
    var verbs: [Verb] = [.driversProbe, .load]
    if attach.path?.kind == .rescan {
      // bus_rescan_devices() asks for every device of the bus. An unload makes some buses call it, in its
      // own thread.
      verbs += isOwn ? [.rescan, .unload] : [.rescan]
    } else if isAdded(since: position ?? -1, before: attach.position) {
      // What looks for devices asks for those that it finds. One that is there is none of them
      // (pci_bus_add_devices(), scsi_probe_and_add_lun()).
      verbs += [.scan, .rescan]
    }
    let since = position.map { trace($0).time }
    return written
      || evidence.verbs.contains { verb in
        verbs.contains(verb.verb) && since.map { verb.start > $0 } ?? true
          && verb.start < attach.record.time
          && (verb.verb != .driversProbe || verb.object == evidence.name)
      }
  }

  /// True where the device was added between these positions, or nobody knows.
  private func isAdded(since position: Int, before end: Int) -> Bool {
    evidence.untold(.addition) != nil
      || timeline.additions.contains { $0.start > position && $0.start < end }
  }

  func foreign(_ attach: Timeline.Attach, by record: TraceRecord) -> Statement {
    let detach = timeline.detaches.last { $0.position < attach.position }
    var statement = statement(
      .foreignAttach, attach, after: detach.map { time(from: $0.position, to: attach.position) },
      "\(driver(attach)) was attached to \(device) by another process: \(who(record))\(place(attach.path))."
    )
    statement.finding.attach?.command = record.command
    statement.finding.attach?.pid = record.pid
    return statement
  }

  /// An unbind was refused with ENODEV, and work that was pending then attached after it.
  private func refused(_ attach: Timeline.Attach) -> Statement? {
    guard let (refusal, end) = refusal, end < attach.position,
      !isRequested(attach, since: end),
      // One that was written until it succeeded was not refused in the end.
      !ourUnbinds.contains(where: { $0.start > end && $0.succeeded })
    else { return nil }
    guard let pending = beginning(of: attach) else { return nil }
    if pending > end { return linked(attach, since: end) ?? byAnother(attach, since: end) }
    let after = time(from: end, to: attach.position)
    return statement(
      .attachAfterRefusal, attach, unbind: refusal, after: after,
      "\(driver(attach)) attached to \(device) \(milliseconds(after)) after unbind was refused with ENODEV: \(who(attach)) attached it\(place(attach.path))."
    )
  }

  /// Where the work that attached was first under way: when its helper was scheduled, the device
  /// deferred, the registration or the addition begun. Nil where no record tells.
  private func beginning(of attach: Timeline.Attach) -> Int? {
    let pid = attach.record.pid
    switch attach.path?.kind {
    case .deviceHelper, .driverHelper:
      guard let scheduled = timeline.helper(of: attach)?.scheduled else { return nil }
      let retried = timeline.workerRun(at: scheduled) == nil ? nil : deferralOrigin(scheduled)
      return retried ?? scheduled
    case .deferredWorker: return deferralOrigin(attach.position)
    case .registration:
      return timeline.registrations.around(attach.position, pid: pid)?.start
    case .deviceAdd: return timeline.additions.around(attach.position, pid: pid)?.start
    case .bind, .driversProbe, .newID, .rescan, nil: return nil
    }
  }

  /// The deferral that a retry at that position answers. A retry that is deferred again goes on with
  /// the deferral that it came from.
  func deferralOrigin(_ position: Int) -> Int? {
    var deferral = timeline.deferral(before: position)
    while let this = deferral, AttachPath(stack: trace(this).stack)?.kind == .deferredWorker,
      let before = timeline.deferral(before: this)
    {
      deferral = before
    }
    return deferral
  }

  /// The bind of a supplier made the kernel try this device again
  /// (DL_FLAG_AUTOPROBE_CONSUMER): a note that names it.
  func linked(_ attach: Timeline.Attach, since position: Int) -> Statement? {
    guard let retry = retry(of: attach), let deferral = deferralOrigin(retry), deferral > position,
      let supplier = timeline.supplier(at: deferral)
    else { return nil }
    if isForeign(supplier) { return foreign(attach, by: supplier) }
    let after = time(from: position, to: attach.position)
    let name = supplier.name ?? "another device"
    return statement(
      .collateral, attach, after: after,
      "\(driver(attach)) was attached to \(device) by \(who(attach))\(place(attach.path)), since a device link asks for it when its supplier \(name) is bound, as \(who(supplier)) did."
    )
  }

  /// A deferral by another process is his, whoever tries again.
  private func byAnother(_ attach: Timeline.Attach, since position: Int) -> Statement? {
    guard let retry = retry(of: attach), let deferral = deferralOrigin(retry), deferral > position,
      isForeign(trace(deferral))
    else { return nil }
    return foreign(attach, by: trace(deferral))
  }

  /// Where the deferred worker tried again, by itself or through a helper; nil where it did not.
  func retry(of attach: Timeline.Attach) -> Int? {
    if attach.path?.kind == .deferredWorker { return attach.position }
    guard let scheduled = timeline.helper(of: attach)?.scheduled,
      timeline.workerRun(at: scheduled) != nil
    else { return nil }
    return scheduled
  }
}
