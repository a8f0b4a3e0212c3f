internal import Evidence
internal import Verdicts

extension Pattern {
  public static let doublePending = Pattern(
    id: "A3", name: "double-pending", kind: .race,
    spirit:
      "A driver is loaded while a device is being added, so both queue a probe; the one attaches, one unbind detaches, the other attaches.",
    raced: [
      "__device_attach_async_helper", "__driver_attach_async_helper", "unbind_store",
    ],
    expected: "one unbind is enough",
    finds: [.lateAsyncAttach],
    start: .absentAndDriverUnloaded,
    conditions: [.asynchronous, .slowAdd(80), .slowProbe(80)],
    threads: [
      .stimulus(.add),
      // Between bus_add_device() and bus_probe_device(). What the load schedules stays confined; what
      // device_add() schedules later is not.
      .stimulus(.await(.onBus), .load(.raced), .releaseWorkers),
      .racing(.await(.probing), .unbind(.raced, from: .raced)),
    ],
    order: .secondHelperPendingAtDetach, wideners: [.cpu])
}
