internal import DriverModel
internal import Evidence

/// A device under test, and what brings it and its driver into the state that a pattern starts from.
struct Subject {
  var device: Device
  /// The driver that is raced.
  var driver: String
  /// The driver's module; nil where it is part of the kernel.
  var module: String?
  /// Parameters that the module is loaded with by a pattern that loads it.
  var loadParameters: [String]
  /// Devices that the run made itself.
  var made: Set<String> = []
  /// More slow devices of the driver hang before this one in its list than the kernel probes at once.
  var isSaturating = false

  var target: String { device.target }

  /// The write that takes the device away; nil where its bus has none.
  var removal: VerbWrite? {
    switch device.bus {
    case "scsi": .delete(device)
    case "pci": .remove(device)
    default: nil
    }
  }

  /// The write that makes the kernel find it again.
  var addition: VerbWrite? {
    switch device.bus {
    case "scsi":
      // H:C:T:L
      let parts = device.name.split(separator: ":").compactMap { UInt64($0) }
      guard parts.count == 4 else { return nil }
      return .scan(
        host: Int(parts[0]), channel: Int(parts[1]), target: Int(parts[2]), lun: parts[3])
    case "pci":
      return .rescan()
    default:
      return nil
    }
  }
}
