internal import Evidence

/// What the trace tells of the deferred list: drivers/base/dd.c has a pending list, to which
/// driver_deferred_probe_add() adds; driver_deferred_probe_trigger() makes it the active list, and each
/// run of deferred_probe_work_func() takes the devices from that, one by one, and probes them.
extension Timeline {
  /// The last deferral before that position.
  func deferral(before position: Int) -> Int? { deferrals.last { $0 < position } }

  /// Where the device left the list after that deferral without the worker: driver_bound() and
  /// device_del() take it off.
  func taking(after deferral: Int) -> Int? {
    let taken = takings.first { $0 > deferral }
    let attached = attaches.first { $0.position > deferral }?.position
    return [taken, attached].compactMap { $0 }.min()
  }

  /// True when the device was on the list from before `start` to `end`, by proof.
  ///
  /// A device that no driver matched yet is not added (`can_match`), so one was tried on it before. A
  /// run of the worker that follows a trigger may have taken it from the list.
  func isDeferred(from start: Int, to end: Int) -> Bool {
    guard let deferral = deferral(before: start), isMatched(before: deferral) else { return false }
    if let taking = taking(after: deferral), taking < end { return false }
    // Where a trigger is told by its queueing the worker, one that is queued already has no record.
    let triggered =
      triggers.contains { trace[$0].function != nil }
      ? deferral : triggers.first { $0 > deferral } ?? .max
    return !workerRuns.contains { run in
      run.start < end && (run.end ?? .max) > deferral && triggered < min(end, run.end ?? .max)
    }
  }

  private func isMatched(before position: Int) -> Bool {
    driverAtStart != nil
      || trace[..<position].contains {
        $0.device == device && [.reallyProbe, .bound, .release].contains($0.point)
      }
  }

  /// The run of the worker that its thread was in at that position.
  func workerRun(at position: Int) -> Call? {
    workerRuns.around(position, pid: trace[position].pid)
  }

  /// Why the device may still come back from the list after the trace; nil where it cannot.
  var pendingRetry: String? {
    guard let deferral = deferrals.last else { return nil }
    let underWay = "A retry of deferred devices was still under way at the end."
    if let taking = taking(after: deferral) {
      // A run that began before can have had it already.
      let hadIt = workerRuns.contains { $0.start < taking && !$0.hasReturned }
      return hadIt ? underWay : nil
    }
    // A trigger while the worker runs queues another run, so the one that began after it decides.
    let triggered = triggers.filter { $0 > deferral }
    let isDone = triggered.contains { trigger in
      workerRuns.contains { $0.start > trigger && $0.hasReturned }
    }
    if isDone { return nil }
    return triggered.isEmpty
      ? "The device was still deferred at the end, and the next retry can attach it." : underWay
  }

  /// The record of the bind that deferred this device at that position, as a link from it asks
  /// (device_links_driver_bound()); nil where none did.
  func supplier(at deferral: Int) -> TraceRecord? {
    let record = trace[deferral]
    let bound = trace[..<deferral].lastIndex {
      $0.pid == record.pid && $0.point == .bound && $0.device != device
    }
    guard let bound else { return nil }
    // Without a stack, it was inside that bind where the same call did both.
    let isLinked =
      record.stack.isEmpty
      ? binds.around(deferral, pid: record.pid)?.contains(bound) ?? false
      : record.stack.contains { $0.prefix { $0 != "." } == "device_links_driver_bound" }
    return isLinked ? trace[bound] : nil
  }
}
