/// The order of facts that makes a cycle of a pattern a hit. Whether it was reached is decided from
/// the evidence alone.
public enum WantedOrder: Sendable, Equatable {
  /// Our bind and our unbind succeeded, and a helper of the device, scheduled before the detach, had
  /// not finished at the detach.
  case helperPendingAtDetach
  /// Our unbind was refused with ENODEV while a helper of the device was pending.
  case helperPendingAtRefusal
  /// Our unbind detached and our bind attached; nothing was raced.
  case unboundAndBound
}
