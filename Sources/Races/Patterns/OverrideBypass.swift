internal import Evidence
internal import Verdicts

extension Pattern {
  public static let overrideBypass = Pattern(
    id: "A5", name: "override-bypass", kind: .race,
    spirit:
      "A driver is loaded, and driver_override written while the device's entry of that load is still pending.",
    raced: ["__driver_attach_async_helper", "driver_override_store"],
    expected: "the overridden driver never binds",
    finds: [.overrideBypassed],
    start: .driverUnloaded, conditions: [.asynchronous, .driverOverride],
    threads: [
      .stimulus(.load(.raced)),
      .racing(.await(.loaded), .overrideWithNone),
    ],
    order: .helperPendingAtOverride, wideners: [.cpu, .none])
}
