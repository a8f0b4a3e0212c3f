internal import Evidence
internal import Verdicts

extension Pattern {
  public static let unloadVersusHelper = Pattern(
    id: "C1", name: "unload-vs-helper", kind: .control,
    spirit:
      "A driver is unloaded while the entry of its load is still pending: the unload waits for it.",
    raced: ["driver_detach", "__driver_attach_async_helper"],
    expected: "the device stays unbound",
    finds: [.attachAfterRemove],
    start: .driverUnloaded, conditions: [.asynchronous],
    threads: [
      .stimulus(.load(.raced)),
      .racing(.await(.loaded), .unload(.raced), .pause(0)),
    ],
    order: .helperPendingAtUnload, wideners: [.cpu, .none])
}
