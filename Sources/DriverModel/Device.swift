/// A device on a bus, as sysfs showed it at one instant (struct device).
public struct Device: Sendable, Hashable, Codable {
  public var bus: String
  /// Its name on the bus (dev_name()); names are reused after remove and re-add.
  public var name: String
  /// The path below /sys, "/devices/…".
  public var devpath: String
  /// What the `driver` link names; nil without a driver. The link is there **before** the probe
  /// runs (really_probe()), so this alone does not say that the probe succeeded.
  public var driver: String?
  /// The module of its driver; nil without a driver, or where the driver belongs to no module.
  public var module: String?
  /// The alias by which modules match it; nil on buses that have none.
  public var modalias: String?
  /// The devpath of the device that it hangs on; nil for a root.
  public var parent: String?

  public init(
    bus: String, name: String, devpath: String, driver: String? = nil, module: String? = nil,
    modalias: String? = nil, parent: String? = nil
  ) {
    self.bus = bus
    self.name = name
    self.devpath = devpath
    self.driver = driver
    self.module = module
    self.modalias = modalias
    self.parent = parent
  }

  /// BUS/NAME, as a target is written.
  public var target: String { "\(bus)/\(name)" }
  public var syspath: String { "/sys\(devpath)" }
  /// The path relative to the root of sysfs, "devices/…".
  public var path: String { String(devpath.drop { $0 == "/" }) }
}
