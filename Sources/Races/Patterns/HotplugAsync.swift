internal import Evidence
internal import Verdicts

extension Pattern {
  public static let hotplugAsync = Pattern(
    id: "A1", name: "hotplug-async", kind: .race,
    spirit:
      "A device is added, bound and unbound by hand while its own probe is still pending; then that probe runs.",
    raced: ["__device_attach_async_helper", "bind_store", "unbind_store"],
    expected: "the device stays unbound",
    finds: [.lateAsyncAttach],
    start: .absent, conditions: [.asynchronous],
    threads: [
      .stimulus(.add),
      // The pause lets device_add() schedule the helper after it sent the ADD event. Without a
      // widener the helper does not wait for long then: how long, the search finds out.
      .racing(
        .await(.added), .searched(0), .pause(4000), .bind(.raced, to: .raced),
        .unbind(.raced, from: .raced)),
    ],
    order: .helperPendingAtDetach, wideners: [.cpu, .none])
}
