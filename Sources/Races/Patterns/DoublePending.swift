internal import Verdicts

extension Pattern {
  public static let doublePending = Pattern(
    id: "A3", name: "double-pending", kind: .race,
    spirit:
      "A driver is loaded while a device is being added, so both queue a probe; the first attaches, one unbind detaches, the second attaches.",
    raced: [
      "__device_attach_async_helper", "__driver_attach_async_helper", "unbind_store",
    ],
    expected: "one unbind is enough",
    start: .absentAndDriverUnloaded,
    conditions: [.asynchronous, .slowAdd(60), .busyProbe(20_000)],
    threads: [
      .stimulus(.add),
      // Between bus_add_device() and bus_probe_device(), so that both schedule.
      .stimulus(.await(.onBus), .load(.raced)),
      // The first helper keeps its CPU busy, so this waits for the lock before the second does.
      .racing(.await(.added), .pause(10_000), .unbindWhenBound(.raced, from: .raced)),
    ],
    order: .secondHelperPendingAtDetach, wideners: [.cpu, .none])
}
