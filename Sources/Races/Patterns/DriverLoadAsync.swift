internal import Evidence
internal import Verdicts

extension Pattern {
  public static let driverLoadAsync = Pattern(
    id: "A2", name: "driver-load-async", kind: .race,
    spirit:
      "A driver is loaded, and a device bound and unbound by hand while its entry of that load is still pending.",
    raced: ["__driver_attach_async_helper", "bind_store", "unbind_store"],
    expected: "the device stays unbound",
    finds: [.lateAsyncAttach],
    start: .driverUnloaded, conditions: [.asynchronous],
    threads: [
      .stimulus(.load(.raced)),
      .racing(.await(.loaded), .bind(.raced, to: .raced), .unbind(.raced, from: .raced)),
    ],
    order: .helperPendingAtDetach, wideners: [.cpu, .saturate, .none])
}
