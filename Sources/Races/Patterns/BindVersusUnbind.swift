internal import Evidence
internal import Verdicts

extension Pattern {
  public static let bindVersusUnbind = Pattern(
    id: "B2", name: "bind-vs-unbind", kind: .race,
    spirit:
      "Three writers bind and unbind one device at once.",
    raced: ["bind_store", "unbind_store"],
    expected: "the last word wins",
    finds: [.lateAttach, .falseSuccess],
    start: .bound, conditions: [],
    threads: [
      .racing(
        .unbind(.raced, from: .raced), .bindOnce(.raced, to: .raced), .unbind(.raced, from: .raced),
        .bindOnce(.raced, to: .raced), .unbind(.raced, from: .raced), .bindOnce(.raced, to: .raced)),
      .racing(
        .unbind(.raced, from: .raced), .bindOnce(.raced, to: .raced), .unbind(.raced, from: .raced),
        .bindOnce(.raced, to: .raced), .unbind(.raced, from: .raced), .bindOnce(.raced, to: .raced)),
      .racing(
        .unbind(.raced, from: .raced), .bindOnce(.raced, to: .raced), .unbind(.raced, from: .raced),
        .bindOnce(.raced, to: .raced), .unbind(.raced, from: .raced), .bindOnce(.raced, to: .raced)),
    ],
    order: .contended, wideners: [.none])
}
