public import Evidence

extension WantedOrder {
  /// The facts on which the order rests, or the verdict that its race is about, besides those of
  /// `Fact.core`. Where one of them is not told (`CycleEvidence.untold`), a cycle is never a hit: that a
  /// record is absent says nothing then.
  public var facts: [Fact] {
    let deferral: [Fact] = [.deferral, .undeferral, .retry, .worker]
    return switch self {
    case .unboundAndBound, .rescannedAfterDetach, .doneInTurn,
      .unbindDuringProbe, .rivalBoundUnderUnbind, .reboundUnderUnbind:
      []
    // That a device was there is what tells that nobody asked for it.
    case .searchedAfterDetach: [.addition]
    case .helperPendingAtDetach, .secondHelperPendingAtDetach, .helperPendingAtRefusal,
      .helperPendingAtBind:
      [.schedule]
    case .retriedHelperPendingAtDetach: [.schedule] + deferral
    case .deferredAtRefusal, .retryingAtDetach, .boundAfterDeferral,
      .supplierReboundAfterDetach, .probeFailedUnderUnbind:
      deferral
    case .helperPendingAtOverride: [.schedule, .override]
    case .overridesContended: [.override, .driversProbe]
    case .helperPendingAtAutoprobe: [.schedule, .autoprobe]
    case .helperPendingAtUnload: [.schedule, .unregistration]
    case .helperPendingAtRemoval: [.schedule, .removal, .addition]
    case .unbindDuringRemoval, .boundDuringRemoval: [.removal, .addition]
    case .addingAtDetach: [.addition]
    case .registeringAtDetach: [.registration]
    case .contended: [.driversProbe]
    }
  }

  /// True where a helper that does nothing is a hit by having waited for the lock of an unbind (`Fact.hold`).
  public var isByWaiting: Bool {
    switch self {
    case .helperPendingAtDetach, .secondHelperPendingAtDetach, .retriedHelperPendingAtDetach: true
    default: false
    }
  }

  /// True where the order is about a scheduled helper, whichever of the two.
  var needsHelper: Bool { facts.contains(.schedule) }
}

extension CycleEvidence {
  /// Why a fact is not told, unless a record in this cycle tells it; nil where it is told.
  func untold(_ fact: Fact) -> UntoldFact? { untold?.first { $0.fact == fact } }
}

extension TraceJudge {
  /// A fact that is not told, without which no attach at all can be judged.
  var untoldCore: UntoldFact? { Fact.core.firstMap(evidence.untold) }

  /// The first fact that is not told and without which the order, or what contradicts it, cannot be told.
  var untoldOfOrder: UntoldFact? {
    if let untold = order.facts.firstMap(evidence.untold) { return untold }
    guard order.needsHelper else { return nil }
    let device = evidence.untold(.deviceHelper)
    let driver = evidence.untold(.driverHelper)
    let scheduled = Set(timeline.helpers.map(\.function))
    // That of the other helper does not matter, as long as one is known to be meant.
    if let device, driver != nil || scheduled.contains(.deviceHelper) { return device }
    if let driver, device != nil || scheduled.contains(.driverHelper) { return driver }
    return nil
  }

  /// Where it is not told since when a release has the lock, and the order would be reached by a helper that
  /// may have waited for it.
  var untoldHold: UntoldFact? {
    guard let untold = evidence.untold(.hold) else { return nil }
    var doubtful = self
    doubtful.timeline.countsDoubtful = true
    return doubtful.isReached ? untold : nil
  }

  /// Why the device may be on the deferred list, where this kernel does not tell what is put there; nil
  /// where it cannot be.
  ///
  /// What takes a device off: driver_bound(), device_del(). What puts it on: a probe of it that fails, and
  /// the bind of a supplier (device_links_driver_bound()).
  var untoldDeferral: String? {
    guard let untold = evidence.untold(.deferral) else { return nil }
    let attach = timeline.attaches.last?.position
    let removal = timeline.removals.last?.end
    let addition = timeline.additions.first?.start
    let start = evidence.driverAtStart == nil ? nil : -1
    guard let off = [attach, removal].compactMap(\.self).max() ?? addition ?? start else {
      return untold.text
    }
    let isProbed = timeline.probes.contains { probe in
      probe.end ?? .max > off && !probe.contains(off)
    }
    let isLinked = timeline.trace.indices.contains {
      $0 > off && timeline.trace[$0].point == .bound
        && timeline.trace[$0].device != timeline.device
    }
    return isProbed || isLinked ? untold.text : nil
  }
}

extension [Fact] {
  fileprivate func firstMap(_ untold: (Fact) -> UntoldFact?) -> UntoldFact? {
    lazy.compactMap(untold).first
  }
}
