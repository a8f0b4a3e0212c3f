internal import Evidence
internal import Verdicts

extension Pattern {
  public static let hotplugSync = Pattern(
    id: "A7", name: "hotplug-sync", kind: .race,
    spirit:
      "A device is bound and unbound by hand after it was announced and before device_add() reaches its own attach.",
    raced: ["device_add", "bind_store", "unbind_store"],
    expected: "the device stays unbound",
    finds: [.lateAttach],
    start: .absent, conditions: [.synchronous],
    threads: [
      .stimulus(.add),
      .racing(.await(.added), .bind(.raced, to: .raced), .unbind(.raced, from: .raced)),
    ],
    order: .addingAtDetach, wideners: [.add, .none], isNarrow: true)
}
