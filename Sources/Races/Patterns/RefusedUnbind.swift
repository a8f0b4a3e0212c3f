internal import Evidence
internal import Verdicts

extension Pattern {
  public static let refusedUnbind = Pattern(
    id: "A4", name: "refused-unbind", kind: .race,
    spirit:
      "An unbind is refused with ENODEV while the device's own probe is still pending.",
    raced: ["__device_attach_async_helper", "unbind_store"],
    expected: "ENODEV does not say that the device stays unbound",
    finds: [.attachAfterRefusal],
    start: .absent, conditions: [.asynchronous],
    threads: [
      .stimulus(.add),
      .racing(.await(.added), .pause(4000), .unbind(.raced, from: .raced)),
    ],
    order: .helperPendingAtRefusal, wideners: [.cpu, .none])
}
