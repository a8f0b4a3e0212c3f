internal import Evidence
internal import Verdicts

extension Pattern {
  public static let linkAutoprobe = Pattern(
    id: "L1", name: "link-autoprobe", kind: .race,
    spirit:
      "A consumer is unbound by hand; then its supplier is unbound and bound, and the consumer comes back.",
    raced: ["device_links_driver_bound"],
    expected: "arguable: DL_FLAG_AUTOPROBE_CONSUMER asks for it",
    finds: [.collateral],
    start: .bound, conditions: [.synchronous, .otherDevice, .consumerOfOther],
    threads: [
      .racing(
        .unbind(.raced, from: .raced), .unbind(.other, from: .raced), .bind(.other, to: .raced))
    ],
    order: .supplierReboundAfterDetach, wideners: [.none])
}
