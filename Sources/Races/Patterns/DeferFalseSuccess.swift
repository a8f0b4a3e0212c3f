internal import Evidence
internal import Verdicts

extension Pattern {
  public static let deferFalseSuccess = Pattern(
    id: "D1", name: "defer-false-success", kind: .race,
    spirit:
      "An unbind waits for a probe that then asks to be deferred: it detaches nothing, and the retry attaches.",
    raced: ["unbind_store", "really_probe", "deferred_probe_work_func"],
    expected: "an error, or the deferral dropped",
    finds: [.falseSuccess],
    start: .unbound,
    conditions: [.synchronous, .otherDevice, .deferring(count: 1, milliseconds: 250)],
    threads: [
      .racing(.driversProbe(.raced)),
      .racing(
        .await(.blocked(thread: 0, step: 0)), .await(.probing), .unbind(.raced, from: .raced),
        .bind(.other, to: .raced)),
    ],
    order: .probeFailedUnderUnbind, wideners: [.lock])
}
