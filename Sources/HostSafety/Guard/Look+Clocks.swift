internal import DriverModel
internal import Evidence

extension Look {
  /// What the kernel tells the time by now.
  mutating func atClocksource() {
    let folder = "devices/system/clocksource"
    for name in names(folder) where name.hasPrefix("clocksource") {
      guard let current = attribute("\(folder)/\(name)/current_clocksource") else { continue }
      for found in devices(named: current) {
        inUse.add(found, "is the clock source (\(current))")
      }
    }
  }

  /// The timers that wake the CPUs.
  mutating func atTicks() {
    let folder = "devices/system/clockevents"
    for name in names(folder) {
      guard let current = attribute("\(folder)/\(name)/current_device") else { continue }
      for found in devices(named: current) {
        inUse.add(found, "is a timer of the CPUs (\(current))")
      }
    }
  }

  /// The CPUs: the driver that manages their idle states is bound to each of them.
  mutating func atProcessors() {
    guard let online = attribute("devices/system/cpu/online") else { return }
    inUse.add("/devices/system/cpu", "has the CPUs that are online (\(online))")
  }

  /// What sets the frequency of the CPUs, where that is a device.
  mutating func atFrequencies() {
    let folder = "devices/system/cpu/cpufreq"
    let drivers = names(folder).compactMap { attribute("\(folder)/\($0)/scaling_driver") }
    for driver in Set(drivers).sorted() {
      for found in devices(named: driver) {
        inUse.add(found, "sets the frequency of the CPUs (\(driver))")
      }
    }
  }

  /// What puts the CPUs to sleep, where that is a device.
  mutating func atIdleStates() {
    guard let driver = attribute("devices/system/cpu/cpuidle/current_driver") else { return }
    for found in devices(named: driver) { inUse.add(found, "lets the CPUs sleep (\(driver))") }
  }

  /// Thermal zones that are watched, by their sensors.
  mutating func atThermalZones() {
    for name in names("class/thermal") where name.hasPrefix("thermal_zone") {
      let home = "class/thermal/\(name)"
      guard attribute("\(home)/mode") != "disabled", let found = thermalDevice(name) else {
        continue
      }
      inUse.add(found, "is watched for its heat (\(name))")
    }
  }

  /// What cools a thermal zone.
  mutating func atCooling() {
    for name in names("class/thermal") where name.hasPrefix("thermal_zone") {
      let home = "class/thermal/\(name)"
      for entry in names(home) where entry.hasPrefix("cdev") {
        // Beside the link are its weight and its trip point, no links.
        guard let link = link(sys, "\(home)/\(entry)"), let found = thermalDevice(Self.name(link))
        else { continue }
        inUse.add(found, "cools \(name) (\(Self.name(link)))")
      }
    }
  }

  /// Zones and coolers are virtual devices; their drivers link the real ones.
  private mutating func thermalDevice(_ name: String) -> String? {
    guard let home = devpath("class/thermal/\(name)") else { return nil }
    return link(sys, "class/thermal/\(name)/device").map { Self.resolve($0, from: home) }
  }
}
