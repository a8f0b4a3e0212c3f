/// A driver of a bus, as sysfs showed it at one instant (struct device_driver).
public struct Driver: Sendable, Hashable, Codable {
  public var bus: String
  public var name: String
  /// Nil where it belongs to no module, or where the kernel does not say.
  public var module: String?
  /// False where the driver sets `suppress_bind_attrs`: it can be neither bound nor unbound by hand.
  public var hasBindFiles: Bool
  /// Names, on the bus, of the devices that have it, sorted.
  public var devices: [String]

  public init(
    bus: String, name: String, module: String? = nil, hasBindFiles: Bool, devices: [String]
  ) {
    self.bus = bus
    self.name = name
    self.module = module
    self.hasBindFiles = hasBindFiles
    self.devices = devices
  }

  /// BUS/DRIVER.
  public var target: String { "\(bus)/\(name)" }
  /// The path of its directory, relative to the root of sysfs.
  public var path: String { "bus/\(bus)/drivers/\(name)" }
}
