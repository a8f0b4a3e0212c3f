internal import DriverModel

/// How a device is taken away from the kernel and found again.
struct Hotplug {
  var removal: VerbWrite
  var addition: VerbWrite

  /// By the bus of the device; nil where there is no way.
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
}
