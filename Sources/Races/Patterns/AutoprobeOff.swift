internal import Evidence
internal import Verdicts

extension Pattern {
  public static let autoprobeOff = Pattern(
    id: "A6", name: "autoprobe-off", kind: .race,
    spirit:
      "A bus is told not to probe by itself while a device's own probe is still pending.",
    raced: ["__device_attach_async_helper", "drivers_autoprobe_store"],
    expected: "nothing attaches by itself",
    finds: [.autoprobeBypassed],
    start: .absent, conditions: [.asynchronous],
    threads: [
      .stimulus(.add),
      .racing(.await(.added), .pause(4000), .autoprobeOff),
    ],
    order: .helperPendingAtAutoprobe, wideners: [.cpu, .none])
}
