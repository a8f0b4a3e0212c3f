internal import Evidence

extension WantedOrder {
  /// The points on whose records the order rests, or the verdict that its race is about. Where one of
  /// them cannot be probed (`CycleEvidence.unprobed`), a cycle is never a hit: that a record is absent
  /// says nothing then. Points without which there is no `trace` evidence at all are left out.
  var points: [TracePoint] {
    let deferral: [TracePoint] = [
      .deferredAdd, .deferredDelete, .deferredTrigger, .deferredWork, .deferredWorkReturn,
    ]
    let probe: [TracePoint] = [.reallyProbe, .reallyProbeReturn]
    let removal: [TracePoint] = [.deviceDelete, .deviceDeleteReturn, .deviceAdd]
    return switch self {
    case .helperPendingAtDetach, .secondHelperPendingAtDetach, .helperPendingAtRefusal,
      .helperPendingAtBind, .unboundAndBound, .rescannedAfterDetach, .searchedAfterDetach,
      .verbsAnswered:
      []
    case .retriedHelperPendingAtDetach, .deferredAtRefusal, .retryingAtDetach,
      .boundAfterDeferral:
      deferral
    case .probeFailedUnderUnbind: deferral + probe
    case .helperPendingAtOverride: [.overrideSet, .overrideSetReturn, .reallyProbe]
    case .overridesContended:
      [
        .overrideSet, .overrideSetReturn, .reallyProbe, .driversProbeStore,
        .driversProbeStoreReturn,
      ]
    case .helperPendingAtAutoprobe: [.autoprobeStore, .autoprobeStoreReturn]
    case .helperPendingAtUnload: [.unregisterDriver, .unregisterDriverReturn]
    case .helperPendingAtRemoval, .unbindDuringRemoval, .boundDuringRemoval: removal
    case .addingAtDetach: [.deviceAdd, .deviceAddReturn]
    case .registeringAtDetach: [.registerDriver, .registerDriverReturn]
    case .rivalBoundUnderUnbind, .unbindDuringProbe, .reboundUnderUnbind: probe
    case .supplierReboundAfterDetach: deferral
    case .contended: [.driversProbeStore, .driversProbeStoreReturn]
    }
  }
}
