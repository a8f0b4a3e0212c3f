/// The order of facts that makes a cycle of a pattern a hit. Whether it was reached is decided from
/// the evidence alone.
public enum WantedOrder: Sendable, Hashable {
  // MARK: Pending helpers

  /// Our bind and our unbind succeeded, and a helper of the device, scheduled before the detach, had
  /// not finished at the detach.
  case helperPendingAtDetach
  /// A device-side and a driver-side helper were scheduled, one attached, our unbind detached that
  /// before the other had finished, and there was no bind.
  case secondHelperPendingAtDetach
  /// As `helperPendingAtDetach`, and the deferred worker had scheduled the helper.
  case retriedHelperPendingAtDetach
  /// Our unbind was refused with ENODEV while a helper of the device was pending.
  case helperPendingAtRefusal
  /// A helper was pending when our write of `driver_override` returned, and had not begun.
  case helperPendingAtOverride
  /// A helper was pending when our write of `drivers_autoprobe` returned, and had not begun.
  case helperPendingAtAutoprobe
  /// A helper was pending when our unload of its driver began.
  case helperPendingAtUnload
  /// A helper was pending when our removal of the device began.
  case helperPendingAtRemoval
  /// A helper was pending when our bind attached.
  case helperPendingAtBind

  // MARK: Other attaches under way

  /// Our bind and our unbind succeeded before `device_add()` of the device had returned.
  case addingAtDetach
  /// Our bind and our unbind succeeded while a driver's registration, begun by us before the detach,
  /// was still going on.
  case registeringAtDetach
  /// Our unbind detached, and then our rescan of the bus attached.
  case rescannedAfterDetach
  /// Our unbind detached, and then our rescan, which finds devices, returned.
  case searchedAfterDetach

  // MARK: Deferral

  /// Our unbind reached the device while another thread's probe had it, which then failed, and returned after
  /// that, whatever it said.
  case probeFailedUnderUnbind
  /// Our unbind was refused with ENODEV while the device was on the deferred list.
  case deferredAtRefusal
  /// The device had been deferred, our bind and our unbind succeeded, and a run of the deferred
  /// worker that began before the detach ended after it.
  case retryingAtDetach
  /// The device was deferred, then our bind and our unbind succeeded.
  case boundAfterDeferral

  // MARK: Locks and links

  /// Our unbind of one driver found that driver and waited, and our bind attached another meanwhile, whatever
  /// became of that.
  case rivalBoundUnderUnbind
  /// Our unbind began while a probe held the device, and detached when that had succeeded.
  case unbindDuringProbe
  /// Our unbind detached the consumer, then our bind attached its supplier.
  case supplierReboundAfterDetach
  /// Our unbind of a supplier waited for its consumers; meanwhile another of ours detached it and our bind
  /// attached another driver. Whatever the first said in the end.
  case reboundUnderUnbind

  // MARK: Verbs alone

  /// Our unbind detached and our bind attached; nothing was raced.
  case unboundAndBound
  /// Writes to bind, unbind or drivers_probe of two of our threads overlapped; an unbind detached, and one of
  /// the others was done.
  case contended
  /// Writes of `driver_override` by two of our threads, and one of their probes attached.
  case overridesContended
  /// Our unbind overlapped our removal of the device, and one was done.
  case unbindDuringRemoval
  /// Our bind attached between the detach of our removal and its end.
  case boundDuringRemoval
  /// Everything was done when its verb returned, by our own threads: the device attached, which our bind
  /// found so, detached by our unbind, what we set was set. Where nothing can be pending there is no more to
  /// a race.
  case doneInTurn
}
