internal import Evidence
internal import Verdicts

extension Pattern {
  public static let probeVersusUnbind = Pattern(
    id: "B3", name: "probe-vs-unbind", kind: .race,
    spirit:
      "One writer asks the bus to probe a device while another unbinds it.",
    raced: ["drivers_probe_store", "unbind_store"],
    expected: "the last word wins",
    finds: [.lateAttach, .falseSuccess],
    start: .bound, conditions: [],
    threads: [
      .racing(
        .driversProbe(.raced), .driversProbe(.raced), .driversProbe(.raced), .driversProbe(.raced),
        .driversProbe(.raced), .driversProbe(.raced), .driversProbe(.raced)),
      .racing(
        .unbind(.raced, from: .raced), .unbind(.raced, from: .raced), .unbind(.raced, from: .raced),
        .unbind(.raced, from: .raced), .unbind(.raced, from: .raced), .unbind(.raced, from: .raced),
        .unbind(.raced, from: .raced)),
    ],
    order: .contended, wideners: [.none])
}
