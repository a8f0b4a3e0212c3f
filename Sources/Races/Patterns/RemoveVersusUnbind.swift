internal import Evidence
internal import Verdicts

extension Pattern {
  public static let removeVersusUnbind = Pattern(
    id: "B5", name: "remove-vs-unbind", kind: .race,
    spirit:
      "A device is removed while it is being unbound.",
    raced: ["device_del", "unbind_store"],
    expected: "no hang, and no attach after the removal",
    finds: [.attachAfterRemove],
    start: .bound, conditions: [],
    threads: [
      .racing(.pause(100), .remove),
      .racing(
        .unbind(.raced, from: .raced), .unbind(.raced, from: .raced), .unbind(.raced, from: .raced),
        .unbind(.raced, from: .raced), .unbind(.raced, from: .raced), .unbind(.raced, from: .raced),
        .unbind(.raced, from: .raced)),
    ],
    order: .unbindDuringRemoval, wideners: [.none])
}
