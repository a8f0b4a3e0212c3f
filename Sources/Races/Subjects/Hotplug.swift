internal import DriverModel
internal import Evidence

/// How a device is taken away from the kernel and found again.
struct Hotplug {
  var removal: VerbWrite
  var addition: VerbWrite
  /// The device above it that loses and gets its driver for that, and all its children with it; nil
  /// where the device itself is removed.
  var parent: Device?

  /// The way of the device's bus, else by its parent; nil where there is none.
  static func of(_ device: Device, in sysfs: Sysfs) throws(SystemError) -> Hotplug? {
    if let own = by(device) { return own }
    return device.bus == "i2c"
      ? try byAdapter(of: device, in: sysfs) : try byParent(of: device, in: sysfs)
  }

  /// By the bus of the device; nil where it has no way of its own.
  static func by(_ device: Device) -> Hotplug? {
    switch device.bus {
    case "scsi":
      // H:C:T:L
      let parts = device.name.split(separator: ":").compactMap { UInt64($0) }
      guard parts.count == 4 else { return nil }
      return Hotplug(
        removal: .delete(device),
        addition: .scan(
          host: Int(parts[0]), channel: Int(parts[1]), target: Int(parts[2]), lun: parts[3]))
    case "pci":
      return Hotplug(removal: .remove(device), addition: .rescan())
    default:
      return nil
    }
  }

  /// By the adapter of an I2C device that somebody made there; the kernel refuses to delete others
  /// (delete_device_store()). With its adapter's driver it would go, and not come back.
  static func byAdapter(of device: Device, in sysfs: Sysfs) throws(SystemError) -> Hotplug? {
    // N-00AA; others have ten bits.
    guard let parent = device.parent, let address = device.name.split(separator: "-").last,
      address.hasPrefix("00"), sysfs.root.exists("\(device.path)/name")
    else { return nil }
    return .byAdapter(
      String(parent.dropFirst()), of: device, type: try sysfs.root.text("\(device.path)/name"))
  }

  /// - Parameters:
  ///   - adapter: its folder, relative to the root of sysfs.
  ///   - type: the name by which drivers match it (i2c_device_id).
  static func byAdapter(_ adapter: String, of device: Device, type: String) -> Hotplug {
    let address = "0x" + device.name.suffix(2)
    return Hotplug(
      removal: .attribute("\(adapter)/delete_device", address, .delete, device.name),
      addition: .attribute("\(adapter)/new_device", "\(type) \(address)", .scan, device.name))
  }

  /// By the nearest device above that has a driver: most drivers of a bus's parent add the devices
  /// when they are bound and delete them when they are unbound. Whether this one does only shows when
  /// it is tried.
  static func byParent(of device: Device, in sysfs: Sysfs) throws(SystemError) -> Hotplug? {
    // Each gets a new number (hid_add_device()), so none comes back under its name.
    if device.bus == "hid" { return nil }
    for parent in try sysfs.ancestors(of: device) {
      guard let name = parent.driver else { continue }
      guard let driver = try sysfs.driver(bus: parent.bus, name: name), driver.hasBindFiles else {
        return nil
      }
      return .byRebinding(parent, driver.path)
    }
    return nil
  }

  /// - Parameter driver: the folder of the parent's driver, relative to the root of sysfs.
  static func byRebinding(_ parent: Device, _ driver: String) -> Hotplug {
    // They are no bind and unbind of the raced device, and not recorded as such.
    Hotplug(
      removal: .attribute("\(driver)/unbind", parent.name, .remove, parent.name),
      addition: .attribute("\(driver)/bind", parent.name, .scan, parent.name), parent: parent)
  }
}
