internal import DriverModel
internal import Evidence

/// What somebody made of a device by hand: it goes with the driver, and no bind brings it back.
extension Look {
  /// Physical functions: to unbind one takes its virtual functions away, and a bind makes none
  /// (sriov_numvfs).
  mutating func atVirtualFunctions() {
    let devices = "bus/pci/devices"
    for name in names(devices) {
      var links: [String] = []
      while let link = link(sys, "\(devices)/\(name)/virtfn\(links.count)") { links.append(link) }
      if links.isEmpty { continue }
      guard let home = devpath("\(devices)/\(name)") else { continue }
      let functions = links.map { Self.resolve($0, from: home) }
      let used = functions.first { inUse.reasonAtOrBelow($0) != nil }
      if let used, let reason = inUse.reasonAtOrBelow(used) {
        inUse.add(home, "has the virtual function \(Self.name(used)), which \(reason)")
      } else if let first = functions.first {
        inUse.add(home, "has virtual functions (\(Self.name(first)))")
      }
    }
  }

  /// Mediated devices go with the driver of what they are parts of (mdev_unregister_parent()).
  mutating func atMediatedDevices() {
    for name in names("bus/mdev/devices") {
      guard let found = devpath("bus/mdev/devices/\(name)"), let parent = Self.parent(found) else {
        continue
      }
      inUse.add(parent, "has mediated devices (\(name))")
    }
  }

  /// Lines of GPIO that were exported, gpioN or by their name; gpiochipN and chipN are the chips.
  mutating func atLines() {
    for name in names("class/gpio")
    where !name.hasPrefix("gpiochip") && !name.hasPrefix("chip") {
      if let found = devpath("class/gpio/\(name)") {
        inUse.add(found, "has an exported line (\(name))")
      }
    }
  }

  /// Channels of PWM that were exported, pwmN below their chip.
  mutating func atPulses() {
    for chip in names("class/pwm") {
      for name in names("class/pwm/\(chip)")
      where name.hasPrefix("pwm") && !name.hasPrefix("pwmchip") {
        if let found = devpath("class/pwm/\(chip)") {
          inUse.add(found, "has an exported channel (\(name) of \(chip))")
        }
      }
    }
  }

  /// Virtual ports of a Fibre Channel adapter.
  mutating func atVirtualPorts() {
    for name in names("class/fc_vports") {
      if let found = devpath("class/fc_vports/\(name)") {
        inUse.add(found, "has a virtual port (\(name))")
      }
    }
  }

  /// Thunderbolt devices that somebody let in. DOMAIN-0 is the host's own.
  mutating func atThunderbolt() {
    for name in names("bus/thunderbolt/devices") where !name.hasSuffix("-0") {
      let home = "bus/thunderbolt/devices/\(name)"
      guard let level = attribute("\(home)/authorized"), level != "0", let found = devpath(home)
      else { continue }
      inUse.add(found, "was let in (\(name))")
    }
  }
}
