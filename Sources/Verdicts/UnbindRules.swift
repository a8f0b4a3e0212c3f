internal import Evidence

/// What an unbind of ours did otherwise than it said.
extension TraceJudge {
  var unbindStatements: [Statement] {
    ourUnbinds.filter(\.succeeded).compactMap { falseSuccess($0) ?? wrongDetach($0) }
  }

  /// `unbind_store` tests `dev->driver` without the lock, waits for it, and returns success whatever
  /// device_release_driver_internal() then found: the probe that had set the driver can have failed,
  /// or another can have been bound meanwhile.
  private func falseSuccess(_ unbind: Call) -> Statement? {
    guard let end = unbind.end, let reached = reached(unbind),
      !timeline.detaches.contains(where: { $0.pid == unbind.pid && unbind.contains($0.position) })
    else { return nil }
    if timeline.detaches.contains(where: { isDuring($0, unbind, end) }) {
      // That was what it asked for, unless it still was at work when the device was bound again.
      guard let attach = timeline.attaches.last(where: { $0.position < end }),
        timeline.isBound(at: end), isWorking(unbind, after: attach.position, until: end)
      else { return nil }
      return statement(
        .falseSuccess, attach, unbind: unbind,
        "unbind of \(device) returned success while \(driver(attach)) was bound, which \(who(attach)) had attached\(place(attach.path)) before unbind had done its work."
      )
    }
    // An unbind that takes the device off the deferred list keeps its word.
    let isDropped = timeline.takings.contains {
      $0 > reached && $0 < end && trace($0).pid == unbind.pid
    }
    if isDropped && !timeline.attaches.contains(where: { $0.position > reached }) { return nil }
    let failed = timeline.probes.last {
      $0.pid != unbind.pid && $0.start < reached && reached < ($0.end ?? 0) && ($0.end ?? 0) < end
        && $0.result != 0
    }
    let why =
      failed.map {
        ": it had waited for a probe of \($0.driver ?? evidence.driver) by \($0.command) (pid \($0.pid)) that failed"
      } ?? ""
    let text = "unbind of \(device) returned success and detached nothing\(why)"
    guard let attach = timeline.attaches.first(where: { $0.position > end }) else {
      return Statement(
        finding: evidence.finding(
          .falseSuccess, unbind: reported(unbind), seqnum: evidence.rebindSeqnums, text: text + ".")
      )
    }
    let after = time(from: end, to: attach.position)
    return statement(
      .falseSuccess, attach, unbind: unbind, after: after,
      "\(text); \(milliseconds(after)) after its return \(who(attach)) attached \(driver(attach))\(place(attach.path))."
    )
  }

  /// Where the unbind reached the device: the entry of its release, before the lock.
  func reached(_ unbind: Call) -> Int? {
    timeline.trace.indices.first {
      unbind.contains($0) && timeline.trace[$0].pid == unbind.pid
        && timeline.trace[$0].point == .release && timeline.trace[$0].device == timeline.device
    }
  }

  /// True when that detach, by another thread, was not over when the unbind began: `dev->driver` is
  /// cleared some time after the record of it.
  private func isDuring(_ detach: Timeline.Detach, _ unbind: Call, _ end: Int) -> Bool {
    guard detach.pid != unbind.pid, detach.position < end else { return false }
    if detach.position > unbind.start { return true }
    if let call = detach.cause.call { return call.end ?? .max > unbind.start }
    // Nobody knows when it was over, but nothing was probed since.
    return !timeline.trace[detach.position..<end].contains {
      $0.point == .reallyProbe && $0.device == timeline.device
    }
  }

  /// True when the unbind did something after that position: after its last lock it does nothing
  /// that has a record.
  func isWorking(_ unbind: Call, after position: Int, until end: Int) -> Bool {
    timeline.trace[position..<end].dropFirst().contains { $0.pid == unbind.pid }
  }

  /// device_driver_detach() names no driver: it detaches whichever it finds after it had the lock.
  private func wrongDetach(_ unbind: Call) -> Statement? {
    guard let wanted = unbind.driver,
      let detach = timeline.detaches.first(where: {
        $0.pid == unbind.pid && unbind.contains($0.position)
      })
    else { return nil }
    let before = timeline.attaches.last { $0.position < detach.position }
    let found = before == nil ? evidence.driverAtStart : before?.driver
    guard let found, found != wanted else { return nil }
    let text =
      "unbind of \(device) from \(wanted) by \(who(trace(unbind.start))) detached \(found)"
    guard let before else {
      return Statement(
        finding: evidence.finding(
          .wrongDetach, unbind: reported(unbind), seqnum: evidence.rebindSeqnums, text: text + "."))
    }
    return statement(
      .wrongDetach, before, unbind: unbind,
      "\(text), which \(who(before)) had attached\(place(before.path)).")
  }

  /// A helper looks for a driver, and leaves a device alone that has one (__device_attach_async_helper()).
  var helperDetaches: [Statement] {
    timeline.detaches.compactMap { detach in
      guard case .unknown = detach.cause,
        let helper = timeline.helpers.first(where: {
          $0.pid == detach.pid && $0.start ?? .max < detach.position
            && detach.position < $0.end ?? .max
        })
      else { return nil }
      return Statement(
        finding: evidence.finding(
          .wrongDetach, seqnum: evidence.rebindSeqnums,
          text:
            "The driver of \(device) was detached by \(detach.command) (pid \(detach.pid)) in \(helper.function.rawValue), which nobody asked for."
        ))
    }
  }

  /// A detach inside our unbind or removal of another device is what a device link asks for
  /// (device_links_unbind_consumers()).
  var collateralDetaches: [Statement] {
    timeline.detaches.compactMap { detach in
      guard own.contains(detach.pid) else { return nil }
      let cause: (what: String, call: Call)
      switch detach.cause {
      case .unbind(let call) where call.name != evidence.name: cause = ("unbind", call)
      case .otherRemoval(let call): cause = ("removal", call)
      case .unbind, .removal, .unload, .unknown: return nil
      }
      return Statement(
        finding: evidence.finding(
          .collateral, seqnum: evidence.rebindSeqnums,
          text:
            "The driver of \(device) was detached by \(detach.command) (pid \(detach.pid)) with the \(cause.what) of \(cause.call.name), as a device link asks."
        ))
    }
  }
}
