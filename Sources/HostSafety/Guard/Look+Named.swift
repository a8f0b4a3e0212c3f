internal import DriverModel
internal import Evidence

extension Look {
  /// What the kernel names by a device or by its driver, as it does where it has no link: the devpaths
  /// of the device of that name, and of all that a driver of that name has, on any bus.
  mutating func devices(named name: String) -> [String] {
    if name.isEmpty || name == "." || name.utf8.contains(UInt8(ascii: "/")) { return [] }
    return buses.compactMap { devpath("bus/\($0)/devices/\(name)") } + devices(ofDriver: name)
  }

  /// The devpaths of all devices that a driver of that name has, on any bus; "-" and "_" are one to
  /// modules and not to drivers. What is "hpet" by itself has the driver hpet_acpi on 7.3.
  mutating func devices(ofDriver name: String) -> [String] {
    let spellings = Set([
      name, name.replacing("_", with: "-"), name.replacing("-", with: "_"), name + "_acpi",
    ])
    return buses.flatMap { bus in
      spellings.sorted().flatMap { devices(atDriver: "bus/\(bus)/drivers/\($0)") }
    }
  }

  /// - Parameter folder: of the driver.
  private mutating func devices(atDriver folder: String) -> [String] {
    guard sys.exists(folder) else { return [] }
    return bound(folder).map(\.devpath)
  }

  /// The devices that a driver has, by its folder.
  mutating func bound(_ folder: String) -> [(name: String, devpath: String)] {
    names(folder).filter { $0 != "module" }
      .compactMap { name in devpath("\(folder)/\(name)").map { (name, $0) } }
  }

  /// What an attribute says; nil where there is none, or where the driver refuses, which says nothing
  /// of a use.
  func attribute(_ name: String) -> String? { try? sys.text(name) }
}
