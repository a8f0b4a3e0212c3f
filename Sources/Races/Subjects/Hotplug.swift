internal import DriverModel
internal import Evidence

/// How a device is taken away from the kernel and found again.
struct Hotplug {
  var removal: VerbWrite
  var addition: VerbWrite
  /// The device above it that loses and gets its driver for that, and all its children with it; nil
  /// where the device itself is removed.
  var parent: Device?

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
