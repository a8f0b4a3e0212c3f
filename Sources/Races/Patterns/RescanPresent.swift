internal import Evidence
internal import Verdicts

extension Pattern {
  public static let rescanPresent = Pattern(
    id: "C6", name: "rescan-present", kind: .control,
    spirit:
      "PCI looks for new devices while one is there, unbound: that one is not new.",
    raced: ["pci_bus_add_devices"],
    expected: "the device stays unbound",
    finds: [.lateAttach],
    start: .bound, conditions: [.pci],
    threads: [
      .racing(.unbind(.raced, from: .raced), .rescan)
    ],
    order: .searchedAfterDetach, wideners: [.none])
}
