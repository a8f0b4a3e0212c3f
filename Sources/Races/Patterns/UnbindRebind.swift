internal import Evidence
internal import Verdicts

extension Pattern {
  public static let unbindRebind = Pattern(
    id: "B1", name: "unbind-rebind", kind: .control,
    spirit:
      "One writer unbinds and binds; nothing races, so nothing may come back by itself.",
    raced: [],
    expected: "the last word wins",
    finds: [.lateAsyncAttach, .lateAttach],
    start: .bound, conditions: [],
    threads: [
      .racing(.unbind(.raced, from: .raced), .bind(.raced, to: .raced))
    ],
    order: .unboundAndBound, wideners: [.none])
}
