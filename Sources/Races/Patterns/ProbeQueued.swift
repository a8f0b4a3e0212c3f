internal import Evidence
internal import Verdicts

extension Pattern {
  public static let probeQueued = Pattern(
    id: "D5", name: "probe-queued", kind: .race,
    spirit:
      "A write to drivers_probe defers the device; unbind refuses it, and it attaches with the next bind of another.",
    raced: ["driver_probe_device", "driver_deferred_probe_trigger", "unbind_store"],
    expected: "the result of drivers_probe is final",
    finds: [.attachAfterRefusal],
    start: .unbound,
    conditions: [.synchronous, .otherDevice, .deferring(count: 1, milliseconds: 0)],
    threads: [
      .racing(.driversProbe(.raced), .unbind(.raced, from: .raced), .bind(.other, to: .raced))
    ],
    order: .deferredAtRefusal, wideners: [.none])
}
