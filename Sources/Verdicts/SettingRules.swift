internal import Evidence

/// Attaches against what was set: `driver_override` of the device, `drivers_autoprobe` of its bus; and
/// attaches of a device that is gone.
extension TraceJudge {
  /// driver_override named another driver when the work that attached began, and never this one since.
  ///
  /// The driver-side helper does not match again: it takes the driver that matched when it was
  /// scheduled (__driver_attach_async_helper()).
  func overridden(_ attach: Timeline.Attach) -> Statement? {
    guard let driver = attach.driver, let probe = timeline.probe(of: attach) else { return nil }
    let begin = begin(of: attach) ?? probe
    let sets = timeline.overrides.filter { $0.start < probe && $0.result ?? 0 >= 0 }
    guard let last = sets.filter({ ($0.end ?? .max) < begin }).max(by: { $0.end! < $1.end! }) else {
      return nil
    }
    // One that another followed before the work began was not in force any more.
    let inForce = sets.filter { set in
      !sets.contains { $0.start > set.end ?? .max && $0.end ?? .max < begin }
    }
    let isAgainst = inForce.allSatisfy { set in
      set.driver.map { !$0.isEmpty && $0 != driver } ?? false
    }
    guard isAgainst else { return nil }
    let after = time(from: last.end!, to: attach.position)
    return statement(
      .overrideBypassed, attach,
      "\(driver) was attached to \(device) \(milliseconds(after)) after driver_override named \(last.driver ?? ""): \(who(attach)) attached it\(place(attach.path))."
    )
  }

  /// Where the work that attached began to run; nil where no record tells.
  private func begin(of attach: Timeline.Attach) -> Int? {
    let pid = attach.record.pid
    switch attach.path?.kind {
    case .deviceHelper, .driverHelper: return timeline.helper(of: attach)?.start
    case .deferredWorker: return timeline.workerRun(at: attach.position)?.start
    case .bind: return timeline.binds.around(attach.position, pid: pid)?.start
    case .driversProbe: return timeline.driversProbes.around(attach.position, pid: pid)?.start
    case .newID, .rescan, .registration, .deviceAdd, nil: return nil
    }
  }

  /// drivers_autoprobe was off before the work that attached by itself began.
  ///
  /// It is read when a device is added or tried again (device_initial_probe()) and when a driver is
  /// registered (bus_add_driver()), and not again by the helpers that these schedule.
  func autoprobed(_ attach: Timeline.Attach) -> Statement? {
    guard let begin = automaticBegin(attach) else { return nil }
    let off = timeline.autoprobes.last { write in
      write.turnsOff && write.succeeded && write.end! < begin
        && !timeline.autoprobes.contains {
          !$0.turnsOff && $0.start < attach.position && ($0.end ?? .max) > write.start
        }
    }
    guard let off, let end = off.end, isAutomatic(attach, after: end) else { return nil }
    let after = time(from: end, to: attach.position)
    return statement(
      .autoprobeBypassed, attach,
      "\(driver(attach)) was attached to \(device) \(milliseconds(after)) after drivers_autoprobe of \(evidence.bus) was turned off: \(who(attach)) attached it\(place(attach.path))."
    )
  }

  private func automaticBegin(_ attach: Timeline.Attach) -> Int? {
    let pid = attach.record.pid
    switch attach.path?.kind {
    case .deviceHelper, .driverHelper, .deferredWorker: return begin(of: attach)
    case .registration: return timeline.registrations.around(attach.position, pid: pid)?.start
    case .deviceAdd: return timeline.additions.around(attach.position, pid: pid)?.start
    case .bind, .driversProbe, .newID, .rescan, nil: return nil
    }
  }

  /// A helper that was scheduled after the write can be the answer to a request, such as `new_id`,
  /// unless the kernel scheduled it in work of its own that began after the write.
  private func isAutomatic(_ attach: Timeline.Attach, after end: Int) -> Bool {
    guard attach.path?.helper != nil else { return true }
    guard let scheduled = timeline.helper(of: attach)?.scheduled else { return false }
    if scheduled < end { return true }
    let work = timeline.additions + timeline.registrations + timeline.workerRuns
    return work.around(scheduled, pid: trace(scheduled).pid).map { $0.start > end } ?? false
  }

  /// The driver's unregistration had ended, and nothing registered it again since: driver_detach() had taken it
  /// from all its devices, and waited for what was pending.
  func unloaded(_ attach: Timeline.Attach) -> Statement? {
    guard let driver = attach.driver,
      let unload = timeline.unloads.last(where: {
        $0.driver == driver && $0.end ?? .max < attach.position
      }), let end = unload.end,
      !timeline.registrations.contains(where: {
        $0.driver == driver && $0.start > unload.start && $0.start < attach.position
      })
    else { return nil }
    let after = time(from: end, to: attach.position)
    return statement(
      .attachAfterRemove, attach,
      "\(driver) was attached to \(device) \(milliseconds(after)) after it was unregistered: \(who(attach)) attached it\(place(attach.path))."
    )
  }

  /// A removal of ours has ended, and what was attached before its end is still there: nothing takes it off
  /// any more (device_del() does by bus_remove_device()).
  var leftBehind: [Statement] {
    if evidence.untold(.addition) != nil { return [] }
    return timeline.removals.compactMap { removal in
      guard let end = removal.end,
        let attach = timeline.attaches.last(where: { $0.position < end }),
        timeline.isBound(at: end)
      else { return nil }
      return statement(
        .attachAfterRemove, attach,
        "\(driver(attach)) was still attached to \(device) when its removal had ended: \(who(attach)) had attached it\(place(attach.path))."
      )
    }
  }

  /// device_del() of the device had returned, and nothing added one at its address since.
  func removed(_ attach: Timeline.Attach) -> Statement? {
    if evidence.untold(.addition) != nil { return nil }
    guard let removal = timeline.removals.last(where: { ($0.end ?? .max) < attach.position }),
      let end = removal.end,
      !timeline.trace[end..<attach.position].contains(where: {
        $0.point == .deviceAdd && $0.device == timeline.device
      })
    else { return nil }
    let after = time(from: end, to: attach.position)
    return statement(
      .attachAfterRemove, attach,
      "\(driver(attach)) was attached to \(device) \(milliseconds(after)) after the device was removed: \(who(attach)) attached it\(place(attach.path))."
    )
  }
}

extension Call {
  /// drivers_autoprobe_store() looks at the first character alone.
  fileprivate var turnsOff: Bool { driver?.first == "0" }
}
