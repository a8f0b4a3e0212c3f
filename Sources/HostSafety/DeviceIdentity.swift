public import DriverModel

/// What tells a device from another that came to the same place.
///
/// Only attributes that take no device's lock. The serial number of a USB device takes it, and is
/// left out; its vendor and product are in `modalias`.
public struct DeviceIdentity: Sendable, Equatable {
  private static let names = [
    "modalias", "vendor", "model", "wwid", "serial", "uuid", "unique_id",
  ]

  /// NAME=VALUE of all attributes that could be read.
  public var attributes: [String]

  public init(attributes: [String]) {
    self.attributes = attributes
  }

  /// Reads what the device at `devpath` ("/devices/…") shows; nothing of one that is gone.
  public init(devpath: String, sys: Directory) {
    let path = devpath.drop { $0 == "/" }
    let isUSB = sys.exists("\(path)/idVendor")
    attributes = []
    for name in Self.names where !(isUSB && name == "serial") {
      if let value = try? sys.text("\(path)/\(name)") { attributes.append("\(name)=\(value)") }
    }
  }

  /// The name of the first attribute that both show and that differs.
  func difference(from other: DeviceIdentity) -> String? {
    for attribute in attributes where !other.attributes.contains(attribute) {
      let name = attribute.prefix { $0 != "=" }
      if other.attributes.contains(where: { $0.hasPrefix("\(name)=") }) { return String(name) }
    }
    return nil
  }
}
