internal import Evidence
internal import Verdicts

extension Pattern {
  public static let registerThird = Pattern(
    id: "T1", name: "register-third", kind: .race,
    spirit:
      "A bind holds the device, an unbind waits, and a matching driver that is loaded waits third.",
    raced: ["__driver_attach", "bind_store", "unbind_store"],
    expected: "arguable: the driver was loaded before the unbind returned",
    finds: [.lateAttach],
    start: .unbound, conditions: [.synchronous, .slowProbe(250), .rivalUnloaded],
    threads: [
      .racing(.bindOnce(.raced, to: .raced)),
      .racing(
        .await(.blocked(thread: 0, step: 0)), .await(.probing), .unbind(.raced, from: .raced)),
      .racing(.await(.blocked(thread: 1, step: 2)), .load(.rival)),
    ],
    order: .registeringAtDetach, wideners: [.lock])
}
