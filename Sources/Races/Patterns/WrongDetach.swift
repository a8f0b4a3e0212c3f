internal import Evidence
internal import Verdicts

extension Pattern {
  public static let wrongDetach = Pattern(
    id: "X1", name: "wrong-detach", kind: .race,
    spirit:
      "An unbind of one driver waits for the lock and detaches another, which was bound meanwhile.",
    raced: ["device_driver_detach", "bind_store", "unbind_store"],
    expected: "the other driver stays",
    finds: [.wrongDetach],
    start: .bound, conditions: [.synchronous, .slowRemove(250), .rivalLoaded],
    threads: [
      .racing(.unbind(.raced, from: .raced)),
      .racing(.await(.blocked(thread: 0, step: 0)), .bindOnce(.raced, to: .rival)),
      .racing(.await(.blocked(thread: 1, step: 1)), .unbind(.raced, from: .raced)),
    ],
    order: .rivalBoundUnderUnbind, wideners: [.lock])
}
