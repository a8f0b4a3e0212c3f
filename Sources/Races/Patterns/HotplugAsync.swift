internal import Verdicts

extension Pattern {
  public static let hotplugAsync = Pattern(
    id: "A1", name: "hotplug-async", kind: .race,
    spirit:
      "A device is added, bound and unbound by hand while its own probe is still pending; then that probe runs.",
    raced: ["__device_attach_async_helper", "bind_store", "unbind_store"],
    expected: "the device stays unbound",
    start: .absent, stimulus: .addDevice,
    // The pause lets device_add() schedule the helper after it sent the ADD event.
    threads: [[.awaitStimulus, .pause(4000), .bind, .unbind]],
    order: .helperPendingAtDetach, wideners: [.cpu, .none], needsAsynchronousDriver: true)
}
