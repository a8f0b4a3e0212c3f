internal import Verdicts

extension Pattern {
  public static let driverLoadAsync = Pattern(
    id: "A2", name: "driver-load-async", kind: .race,
    spirit:
      "A driver is loaded, and a device bound and unbound by hand while its entry of that load is still pending.",
    raced: ["__driver_attach_async_helper", "bind_store", "unbind_store"],
    expected: "the device stays unbound",
    start: .driverUnloaded, stimulus: .loadDriver,
    // The driver's own ADD event comes after all its devices' entries were scheduled.
    threads: [[.awaitStimulus, .bind, .unbind]],
    order: .helperPendingAtDetach, wideners: [.cpu, .saturate, .none],
    needsAsynchronousDriver: true)
}
