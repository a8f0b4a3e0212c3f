internal import Evidence
internal import Verdicts

extension Pattern {
  public static let rescan = Pattern(
    id: "R1", name: "rescan", kind: .race,
    spirit:
      "A device is unbound, and then its whole bus is told to probe again: who attached must be told from a late probe.",
    raced: ["bus_rescan_devices"],
    expected: "the rescan attaches, and is named",
    finds: [.lateAsyncAttach, .lateAttach],
    start: .bound, conditions: [.rescan],
    threads: [
      .racing(.unbind(.raced, from: .raced), .rescan)
    ],
    order: .rescannedAfterDetach, wideners: [.none])
}
