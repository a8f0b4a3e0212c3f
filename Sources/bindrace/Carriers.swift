internal import DriverModel
internal import Evidence

/// The devices of buses that nodes of /dev and devices of classes are carried by: nothing else can be bound.
final class Carriers {
  private let sysfs: Sysfs
  /// What was found, a line each: "/dev/sda is scsi/0:0:0:0".
  private(set) var found: [String] = []

  init() throws(Failure) {
    do {
      sysfs = try Sysfs()
    } catch {
      throw Failure(.nothingRan, "\(error)")
    }
  }

  /// The targets with those in place of what they carry. Throws wrong usage of `option` where nothing does.
  func devices(_ targets: [Target], _ option: String) throws(Failure) -> [Target] {
    var devices: [Target] = []
    for target in targets {
      guard case .path(let path) = target else {
        devices.append(target)
        continue
      }
      do {
        let device = try sysfs.carrier(at: path)
        if let device {
          let line = "\(path) is \(device.target)"
          if !found.contains(line) { found.append(line) }
        }
        devices.append(device.map { .device(bus: $0.bus, name: $0.name) } ?? target)
      } catch {
        throw Failure(.usage, "\(option): '\(path)': \(error.problem)")
      }
    }
    return devices
  }
}
