internal import DriverModel
internal import Evidence

extension Look {
  /// USB interfaces that share their driver with another of the same device that is in use: a driver
  /// that claimed several lets go of all at once (usb_driver_claim_interface()).
  mutating func atClaimedInterfaces() {
    var groups: [String: [String]] = [:]
    // DEVICE:CONFIGURATION.INTERFACE
    for name in names("bus/usb/devices") where name.contains(":") {
      guard let found = devpath("bus/usb/devices/\(name)"),
        let driver = link(sys, "bus/usb/devices/\(name)/driver"), let device = Self.parent(found)
      else { continue }
      groups["\(device) \(Self.name(driver))", default: []].append(found)
    }
    for group in groups.values where group.count > 1 {
      guard let used = group.first(where: { inUse.reasonAtOrBelow($0) != nil }),
        let reason = inUse.reasonAtOrBelow(used)
      else { continue }
      for other in group where inUse.reasonAtOrBelow(other) == nil {
        inUse.add(other, "shares its driver with \(Self.name(used)), which \(reason)")
      }
    }
  }
}
