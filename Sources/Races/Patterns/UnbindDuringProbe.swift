internal import Evidence
internal import Verdicts

extension Pattern {
  public static let unbindDuringProbe = Pattern(
    id: "C4", name: "unbind-during-probe", kind: .control,
    spirit:
      "An unbind waits for a probe that succeeds, and detaches what that attached.",
    raced: ["really_probe", "unbind_store"],
    expected: "the device stays unbound",
    finds: [.falseSuccess],
    start: .unbound, conditions: [.slowProbe(250)],
    threads: [
      .racing(.bindOnce(.raced, to: .raced)),
      .racing(
        .await(.blocked(thread: 0, step: 0)), .await(.probing), .unbind(.raced, from: .raced)),
    ],
    order: .unbindDuringProbe, wideners: [.lock])
}
