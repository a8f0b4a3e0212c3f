internal import Evidence
internal import Verdicts

extension Pattern {
  public static let deferredRefused = Pattern(
    id: "D2", name: "deferred-refused", kind: .race,
    spirit:
      "A device was deferred when it was added; unbind refuses it, and any bind makes the kernel try again.",
    raced: ["driver_deferred_probe_trigger", "unbind_store"],
    expected: "ENODEV does not say that the device stays unbound",
    finds: [.attachAfterRefusal],
    start: .absent,
    conditions: [.synchronous, .otherDevice, .deferring(count: 1, milliseconds: 0)],
    threads: [
      .racing(.add, .unbind(.raced, from: .raced), .bind(.other, to: .raced))
    ],
    order: .deferredAtRefusal, wideners: [.none])
}
