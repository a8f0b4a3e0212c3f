internal import Evidence

/// Whether the order was reached that the cycle is about. A record that is absent reaches none.
extension TraceJudge {
  var isReached: Bool {
    switch order {
    case .helperPendingAtDetach: helperPendingAtDetach { _ in true }
    case .secondHelperPendingAtDetach: secondHelperPendingAtDetach
    case .retriedHelperPendingAtDetach:
      helperPendingAtDetach { timeline.workerRun(at: $0) != nil }
    case .helperPendingAtRefusal: helperPendingAtRefusal
    case .helperPendingAtOverride: isHelperQueued(atReturnOf: timeline.overrides)
    case .helperPendingAtAutoprobe: isHelperQueued(atReturnOf: timeline.autoprobes)
    case .helperPendingAtUnload:
      isHelperPending(
        atBeginOf: timeline.unloads.filter { isOwn($0) && $0.driver == evidence.driver })
    case .helperPendingAtRemoval: isHelperPending(atBeginOf: timeline.removals.filter(isOwn))
    case .helperPendingAtBind:
      ourAttaches.contains { isHelperPending(at: $0.position) }

    case .addingAtDetach: isRebound(within: timeline.additions)
    case .registeringAtDetach:
      isRebound(
        within: timeline.registrations.filter {
          isOwn($0) && $0.driver == (evidence.rival ?? evidence.driver)
        })
    case .rescannedAfterDetach: rescannedAfterDetach
    case .searchedAfterDetach: searchedAfterDetach

    case .probeFailedUnderUnbind: probeFailedUnderUnbind
    case .deferredAtRefusal: deferredAtRefusal
    case .retryingAtDetach: retryingAtDetach
    case .boundAfterDeferral: boundAfterDeferral

    case .rivalBoundUnderUnbind: rivalBoundUnderUnbind
    case .unbindDuringProbe: unbindDuringProbe
    case .supplierReboundAfterDetach: supplierReboundAfterDetach
    case .reboundUnderUnbind: reboundUnderUnbind

    case .unboundAndBound: unboundAndBound
    case .contended: contended
    case .overridesContended: overridesContended
    case .unbindDuringRemoval: unbindDuringRemoval
    case .boundDuringRemoval: boundDuringRemoval
    case .doneInTurn: doneInTurn
    }
  }

  /// Our detach, after our bind attached.
  private var ourUndoings: [(detach: Timeline.Detach, unbind: Call)] {
    ourDetaches.filter { undoing in
      ourAttaches.contains { $0.position < undoing.detach.position }
    }
  }
}

// MARK: - Pending helpers

extension TraceJudge {
  private func isHelperPending(at position: Int) -> Bool {
    timeline.helpers.contains { timeline.isPending($0, at: position) }
  }

  private func helperPendingAtDetach(_ isWanted: (_ scheduled: Int) -> Bool) -> Bool {
    ourUndoings.contains { detach, _ in
      timeline.helpers.contains {
        timeline.isPending($0, at: detach.position) && $0.scheduled.map(isWanted) ?? false
      }
    }
  }

  private var secondHelperPendingAtDetach: Bool {
    ourBinds.isEmpty
      && ourDetaches.contains { detach, _ in
        guard let attach = timeline.attaches.last(where: { $0.position < detach.position }),
          let first = timeline.helper(of: attach), first.scheduled != nil
        else { return false }
        return timeline.helpers.contains {
          $0.function != first.function && timeline.isPending($0, at: detach.position)
        }
      }
  }

  private var helperPendingAtRefusal: Bool {
    refusal.map { isHelperPending(at: $0.end) } ?? false
  }

  private func isHelperQueued(atReturnOf writes: [Call]) -> Bool {
    writes.contains { write in
      guard isOwn(write), write.succeeded, let end = write.end else { return false }
      return timeline.helpers.contains { $0.isQueued(at: end) }
    }
  }

  private func isHelperPending(atBeginOf calls: [Call]) -> Bool {
    calls.contains { isHelperPending(at: $0.start) }
  }
}

// MARK: - Other attaches under way

extension TraceJudge {
  private func isRebound(within calls: [Call]) -> Bool {
    ourUndoings.contains { detach, _ in calls.contains { $0.contains(detach.position) } }
  }

  private var rescannedAfterDetach: Bool {
    ourDetaches.contains { detach, _ in
      timeline.attaches.contains {
        $0.position > detach.position && $0.path?.kind == .rescan && own.contains($0.record.pid)
      }
    }
  }

  /// A rescan has no record: its start is taken before the system call, so one that started after
  /// the detach came after it.
  private var searchedAfterDetach: Bool {
    ourDetaches.contains { detach, _ in
      evidence.verbs.contains {
        $0.verb == .rescan && $0.succeeded && $0.start > trace(detach.position).time
      }
    }
  }
}

// MARK: - Deferral

extension TraceJudge {
  private var probeFailedUnderUnbind: Bool {
    ourUnbinds.contains { unbind in
      guard let end = unbind.end, let reached = reached(unbind),
        !timeline.detaches.contains(where: { unbind.contains($0.position) })
      else { return false }
      return timeline.probes.contains { probe in
        guard let failed = probe.end, probe.result != 0 else { return false }
        return probe.pid != unbind.pid && probe.start < reached && reached < failed && failed < end
      }
    }
  }

  private var deferredAtRefusal: Bool {
    ourUnbinds.contains { unbind in
      guard let end = unbind.end, unbind.result == -Int64(Errno.noDevice) else { return false }
      return timeline.isDeferred(from: unbind.start, to: end)
    }
  }

  private var retryingAtDetach: Bool {
    ourUndoings.contains { detach, _ in
      timeline.workerRuns.contains { run in
        guard run.contains(detach.position),
          let deferral = timeline.deferral(before: detach.position)
        else { return false }
        // The bind takes a device from the list that the worker has not yet.
        return timeline.taking(after: deferral).map { $0 > run.start } ?? true
      }
    }
  }

  private var boundAfterDeferral: Bool {
    ourDetaches.contains { detach, _ in
      ourAttaches.contains { attach in
        attach.position < detach.position && timeline.deferral(before: attach.position) != nil
      }
    }
  }
}

// MARK: - Locks and links

extension TraceJudge {
  private var rivalBoundUnderUnbind: Bool {
    ourUnbinds.contains { unbind in
      // That it reached the device at all says that it had found that driver.
      guard reached(unbind) != nil, let wanted = unbind.driver else { return false }
      return ourAttaches.contains { attach in
        unbind.start < attach.position && attach.position < unbind.end ?? .max
          && attach.driver.map { $0 != wanted } ?? false
      }
    }
  }

  private var unbindDuringProbe: Bool {
    ourDetaches.contains { detach, unbind in
      guard let reached = reached(unbind) else { return false }
      return timeline.probes.contains { probe in
        guard let end = probe.end, probe.result == 0 else { return false }
        return probe.pid != unbind.pid && probe.start < unbind.start && reached < end
          && end < detach.position
      }
    }
  }

  private var supplierReboundAfterDetach: Bool {
    ourDetaches.contains { detach, _ in
      timeline.binds.contains { bind in
        isOwn(bind) && bind.name == evidence.other && bind.succeeded
          && timeline.trace.indices.contains {
            $0 > detach.position && bind.contains($0) && timeline.trace[$0].pid == bind.pid
              && timeline.trace[$0].point == .bound && timeline.trace[$0].name == evidence.other
          }
      }
    }
  }

  private var reboundUnderUnbind: Bool {
    ourUnbinds.contains { unbind in
      guard let end = unbind.end,
        let detached = ourDetaches.first(where: {
          $0.unbind.pid != unbind.pid && unbind.contains($0.detach.position)
        }),
        let attach = ourAttaches.first(where: {
          $0.position > detached.detach.position && unbind.contains($0.position)
        }),
        let driver = attach.driver, driver != unbind.driver
      else { return false }
      // It had begun to release its consumer, and came back from that.
      let isWaiting = timeline.trace[unbind.start..<attach.position].contains {
        $0.pid == unbind.pid && $0.point == .release && $0.name == evidence.other
      }
      return isWaiting && isWorking(unbind, after: attach.position, until: end)
    }
  }
}

// MARK: - Verbs alone

extension TraceJudge {
  private var unboundAndBound: Bool {
    ourDetaches.contains { detach, _ in
      ourAttaches.contains { $0.position > detach.position }
    }
  }

  private var contended: Bool {
    let writes = ourBinds + ourUnbinds + timeline.driversProbes.filter(isOurs)
    let isAttaching = writes.contains { $0.point != .unbindStore && $0.succeeded }
    return isAttaching && !ourDetaches.isEmpty
      && writes.contains { write in
        writes.contains { $0.pid != write.pid && $0.overlaps(write) }
      }
  }

  private var overridesContended: Bool {
    let writers = Set(timeline.overrides.filter { isOwn($0) && $0.succeeded }.map(\.pid))
    return writers.count > 1
      && timeline.attaches.contains {
        $0.path?.kind == .driversProbe && $0.driver != nil && writers.contains($0.record.pid)
      }
  }

  private var unbindDuringRemoval: Bool {
    guard ourUnbinds.contains(where: \.succeeded) else { return false }
    return timeline.removals.filter(isOwn).contains { removal in
      // PCI detaches before device_del() (pci_stop_dev()).
      let stop = timeline.trace[..<removal.start].indices.last {
        let record = timeline.trace[$0]
        return record.pid == removal.pid && record.point == .release
          && record.device == timeline.device
          && timeline.unbinds.around($0, pid: removal.pid) == nil
      }
      return ourUnbinds.contains { unbind in
        removal.overlaps(unbind)
          || stop.map { $0 < unbind.end ?? .max && unbind.start < removal.start } ?? false
      }
    }
  }

  private var boundDuringRemoval: Bool {
    timeline.removals.filter(isOwn).contains { removal in
      timeline.detaches.contains { detach in
        guard detach.pid == removal.pid, !detach.isByUnbind else { return false }
        return ourAttaches.contains {
          detach.position < $0.position && $0.position < removal.end ?? .max
        }
      }
    }
  }
}

extension TraceJudge {
  private var doneInTurn: Bool {
    // A bus can find a device in a thread of the kernel.
    let isAttached = timeline.attaches.contains {
      !isForeign($0.record) && $0.path?.isPassive != true
    }
    return isAttached && !evidence.verbs.isEmpty && evidence.verbs.allSatisfy(isDone)
  }

  private func isDone(_ verb: VerbRecord) -> Bool {
    switch verb.verb {
    case .bind:
      // What is bound already is refused: by EBUSY, on 5.10 by ENODEV (bind_store()).
      let refusals = [Errno.busy, Errno.noDevice]
      return verb.succeeded
        || ourBinds.contains { bind in
          guard let end = bind.end, bind.pid == verb.pid else { return false }
          return refusals.contains { bind.result == -Int64($0) } && timeline.isBound(at: end)
        }
    case .unbind:
      return verb.succeeded && ourDetaches.contains { $0.unbind.pid == verb.pid }
    default:
      return verb.succeeded
    }
  }
}

extension Timeline.Detach {
  fileprivate var isByUnbind: Bool {
    if case .unbind = cause { true } else { false }
  }
}
