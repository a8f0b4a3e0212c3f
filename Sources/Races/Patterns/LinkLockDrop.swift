internal import Evidence
internal import Verdicts

extension Pattern {
  public static let linkLockDrop = Pattern(
    id: "L2", name: "link-lock-drop", kind: .race,
    spirit:
      "An unbind of a supplier drops its lock to unbind a slow consumer; meanwhile the supplier is unbound and bound to another driver.",
    raced: ["device_release_driver_internal", "device_links_unbind_consumers"],
    expected: "success means detached",
    finds: [.falseSuccess],
    start: .bound,
    conditions: [
      .synchronous, .otherDevice, .supplierOfOther, .rivalLoaded, .otherSlowRemove(250),
    ],
    threads: [
      .racing(.unbind(.raced, from: .raced)),
      .racing(
        .await(.blocked(thread: 0, step: 0)), .unbind(.raced, from: .raced),
        .bind(.raced, to: .rival)),
    ],
    order: .reboundUnderUnbind, wideners: [.lock])
}
