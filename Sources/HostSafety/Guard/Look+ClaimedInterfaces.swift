internal import DriverModel
internal import Evidence

extension Look {
  /// USB interfaces that share their driver with another of the same device that is in use: a driver
  /// that claimed several lets go of all at once (usb_driver_claim_interface()).
  mutating func claimTies() -> [Tie] {
    var groups: [String: [String]] = [:]
    // DEVICE:CONFIGURATION.INTERFACE
    for name in names("bus/usb/devices") where name.contains(":") {
      guard let found = devpath("bus/usb/devices/\(name)"),
        let driver = link(sys, "bus/usb/devices/\(name)/driver"), let device = Self.parent(found)
      else { continue }
      groups["\(device) \(Self.name(driver))", default: []].append(found)
    }
    return groups.values.filter { $0.count > 1 }.flatMap { group in
      group.flatMap { user in
        group.filter { $0 != user }.map { other in
          Tie(user: user, used: other, words: "shares its driver with \(Self.name(user))")
        }
      }
    }
  }
}
