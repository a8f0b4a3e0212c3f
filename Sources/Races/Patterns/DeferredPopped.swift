internal import Evidence
internal import Verdicts

extension Pattern {
  public static let deferredPopped = Pattern(
    id: "D3", name: "deferred-popped", kind: .race,
    spirit:
      "The deferred worker has taken a device from its list and waits for its lock behind a bind and an unbind.",
    raced: ["deferred_probe_work_func", "bind_store", "unbind_store"],
    expected: "the device stays unbound",
    finds: [.lateDeferredAttach],
    start: .unbound,
    conditions: [
      .synchronous, .otherDevice, .slowProbe(250), .deferring(count: 1, milliseconds: 0),
    ],
    threads: [
      .racing(.driversProbe(.raced), .bindOnce(.raced, to: .raced)),
      .racing(
        .await(.blocked(thread: 0, step: 1)), .await(.probing), .unbind(.raced, from: .raced)),
      .racing(.await(.blocked(thread: 1, step: 2)), .bind(.other, to: .raced)),
    ],
    order: .retryingAtDetach, wideners: [.lock])
}
