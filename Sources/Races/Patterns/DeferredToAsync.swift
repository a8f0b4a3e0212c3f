internal import Evidence
internal import Verdicts

extension Pattern {
  public static let deferredToAsync = Pattern(
    id: "D4", name: "deferred-to-async", kind: .race,
    spirit:
      "The retry of a deferred device schedules its helper; the device is bound and unbound by hand while that is pending.",
    raced: [
      "deferred_probe_work_func", "__device_attach_async_helper", "bind_store", "unbind_store",
    ],
    expected: "the device stays unbound",
    finds: [.lateAsyncAttach],
    start: .unbound,
    conditions: [.asynchronous, .otherDevice, .deferring(count: 2, milliseconds: 250)],
    threads: [
      // Its second write's probe holds the lock, and unbind finds the driver meanwhile.
      .racing(.driversProbe(.raced), .bindOnce(.raced, to: .raced)),
      // The retry waits for the lock first, then this bind, then the unbind. The retry runs already,
      // so what it schedules is confined, and not it.
      .racing(
        .await(.blocked(thread: 0, step: 1)), .await(.probing), .bind(.other, to: .raced),
        .pause(10_000), .confineWorkers, .bindOnce(.raced, to: .raced)),
      // The CPU is held to the end of all but a last step: here of the unbind.
      .racing(
        .await(.blocked(thread: 1, step: 5)), .unbind(.raced, from: .raced), .pause(0)),
    ],
    order: .retriedHelperPendingAtDetach, wideners: [.cpu])
}
