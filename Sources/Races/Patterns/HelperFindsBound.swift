internal import Evidence
internal import Verdicts

extension Pattern {
  public static let helperFindsBound = Pattern(
    id: "C5", name: "helper-finds-bound", kind: .control,
    spirit:
      "A device is bound by hand while its own probe is still pending; that probe finds it bound.",
    raced: ["__device_attach_async_helper", "bind_store"],
    expected: "the device stays bound",
    finds: [.wrongDetach],
    start: .absent, conditions: [.asynchronous],
    threads: [
      .stimulus(.add),
      .racing(.await(.added), .pause(4000), .bind(.raced, to: .raced)),
    ],
    order: .helperPendingAtBind, wideners: [.cpu, .none])
}
