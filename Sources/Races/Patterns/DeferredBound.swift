internal import Evidence
internal import Verdicts

extension Pattern {
  public static let deferredBound = Pattern(
    id: "C3", name: "deferred-bound", kind: .control,
    spirit:
      "A deferred device is bound by hand, which takes it from the deferred list, and unbound.",
    raced: ["driver_deferred_probe_del"],
    expected: "the device stays unbound",
    finds: [.lateDeferredAttach],
    start: .unbound, conditions: [.synchronous, .deferring(count: 1, milliseconds: 0)],
    threads: [
      .racing(.driversProbe(.raced), .bindOnce(.raced, to: .raced), .unbind(.raced, from: .raced))
    ],
    order: .boundAfterDeferral, wideners: [.none])
}
