internal import Evidence
internal import Verdicts

extension Pattern {
  public static let pciStop = Pattern(
    id: "R2", name: "pci-stop", kind: .race,
    spirit:
      "A PCI device is removed, and bound again between its driver was stopped and it was taken away.",
    raced: ["pci_stop_and_remove_bus_device", "kill_device", "bind_store"],
    expected: "the removal takes off what was bound",
    finds: [.attachAfterRemove],
    start: .bound, conditions: [.pci],
    threads: [
      .stimulus(.remove),
      .racing(.await(.blocked(thread: 0, step: 0)), .bindOnce(.raced, to: .raced)),
    ],
    order: .boundDuringRemoval, wideners: [.add, .none])
}
