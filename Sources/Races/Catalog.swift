public import DriverModel
internal import Evidence

/// All patterns there are. Adding one means a file in Patterns and a line here.
public enum Catalog {
  public static let patterns: [Pattern] = [
    .hotplugAsync, .driverLoadAsync, .doublePending, .refusedUnbind, .overrideBypass,
    .autoprobeOff, .hotplugSync,
    .deferFalseSuccess, .deferredRefused, .deferredPopped, .deferredToAsync, .probeQueued,
    .registerThird, .linkAutoprobe, .linkLockDrop, .rescan, .pciStop, .wrongDetach,
    .unbindRebind, .bindVersusUnbind, .probeVersusUnbind, .overrideSwap, .removeVersusUnbind,
    .unloadVersusHelper, .deleteVersusHelper, .deferredBound, .unbindDuringProbe,
    .helperFindsBound, .rescanPresent,
  ]

  /// The races with a pending helper, each once more where there is none. Those with the deferred
  /// worker, links or the order of locks do not need one, so they are races there too; and so is one
  /// of an addition with a load, which each can attach after the other.
  static let onSynchronousDriver: [Pattern] =
    patterns.filter {
      $0.kind == .race && $0.wideners.contains(.cpu) && !$0.involvesDeferral
        && $0.id != Pattern.doublePending.id
    }
    .map(\.onSynchronousDriver)

  /// What must stay clean.
  public static let controls = patterns.filter { $0.kind == .control } + onSynchronousDriver

  /// Words for several patterns.
  public static let groups = ["all", "controls"]

  /// The patterns that a name, an id or a group means; nil where there is none.
  public static func patterns(named name: String) -> [Pattern]? {
    if name == "all" { return patterns }
    if name == "controls" { return controls }
    return (patterns + onSynchronousDriver).first { $0.name == name || $0.id == name }.map { [$0] }
  }

  /// Why patterns cannot run on devices that bindrace makes itself on this host; nil where one can.
  public static func obstacles(_ patterns: [Pattern], on sysfs: Sysfs) -> [String?] {
    let choice = ProviderChoice(sysfs)
    return patterns.map { choice.obstacle(to: $0) }
  }
}
