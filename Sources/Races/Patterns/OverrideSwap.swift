internal import Evidence
internal import Verdicts

extension Pattern {
  public static let overrideSwap = Pattern(
    id: "B4", name: "override-swap", kind: .race,
    spirit:
      "Two writers contend for a device, each for its own driver, through driver_override.",
    raced: ["driver_override_store", "drivers_probe_store"],
    expected: "the override's driver",
    finds: [.overrideBypassed],
    start: .unbound, conditions: [.driverOverride, .rivalLoaded],
    threads: [
      .racing(.override(.raced), .driversProbe(.raced)),
      .racing(.override(.rival), .driversProbe(.raced)),
    ],
    order: .overridesContended, wideners: [.none])
}
