internal import Evidence
internal import Verdicts

extension Pattern {
  public static let deleteVersusHelper = Pattern(
    id: "C2", name: "delete-vs-helper", kind: .control,
    spirit:
      "A device is removed while its own probe is still pending: a dead device is not probed.",
    raced: ["kill_device", "__device_attach_async_helper"],
    expected: "nothing attaches after the removal",
    finds: [.attachAfterRemove],
    start: .absent, conditions: [.asynchronous],
    threads: [
      .stimulus(.add),
      .racing(.await(.added), .pause(4000), .remove),
    ],
    order: .helperPendingAtRemoval, wideners: [.cpu, .none])
}
