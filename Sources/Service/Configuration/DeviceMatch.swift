public import DriverModel

/// Which devices are raced: those that match and are not denied. Without any to match there are none.
public struct DeviceMatch: Sendable, Equatable {
  public var match: [DeviceGlob]
  public var deny: [DeviceGlob]

  public init(match: [DeviceGlob], deny: [DeviceGlob] = []) {
    self.match = match
    self.deny = deny
  }

  public enum Answer: Sendable, Equatable {
    case yes
    /// It has no driver, and matches once it has one of these, which fnmatch(3) compares.
    case withDriver([String])
    case no
    /// It matches, or could, and what denies it.
    case denied(DeviceGlob)
  }

  /// True where the device is raced as it is now.
  ///
  /// - Parameters:
  ///   - driver: nil for a device without one.
  ///   - devpath: the path below /sys, "/devices/…".
  public func matches(bus: String, name: String, driver: String?, devpath: String) -> Bool {
    answer(bus: bus, name: name, driver: driver, devpath: devpath) == .yes
  }

  /// The same, with what a device without a driver could become.
  ///
  /// A path denies what is above and below it. Other denials mean the device alone: what hangs on it
  /// is for the guard of the race, which is told by `denied(among:)`.
  public func answer(bus: String, name: String, driver: String?, devpath: String) -> Answer {
    func names(_ glob: DeviceGlob) -> Bool {
      glob.names(bus: bus, name: name, driver: driver, devpath: devpath)
    }
    let drivers = driver == nil ? self.drivers(bus: bus) : []
    let isMatched = match.contains(where: names)
    guard isMatched || !drivers.isEmpty else { return .no }
    if let glob = deny.first(where: { names($0) || $0.isAboveOrBelow(devpath: devpath) }) {
      return .denied(glob)
    }
    return isMatched ? .yes : .withDriver(drivers)
  }

  /// False where no device of the bus can match.
  func canMatch(bus: String) -> Bool { match.contains { $0.isPossible(bus: bus) } }

  /// The drivers of a bus that `match` names, as fnmatch(3) compares them.
  public func drivers(bus: String) -> [String] { match.compactMap { $0.driver(bus: bus) } }

  /// True where `match` names this driver and `deny` does not.
  public func matches(driver: String, bus: String) -> Bool {
    func names(_ globs: [DeviceGlob]) -> Bool {
      globs.contains { $0.driver(bus: bus)?.matches(driver) == true }
    }
    return names(match) && !names(deny)
  }

  /// What is denied, as `bindrace stress --deny` takes it: what names one thing as it is, be it here
  /// or not, and the devices that the rest means now.
  ///
  /// - Parameter devices: looked up where that is needed.
  public func denied(among devices: @autoclosure () -> [Device]) -> [Target] {
    let isNeeded = deny.contains { $0.target == nil }
    let devices = isNeeded ? devices() : []
    var targets: [Target] = []
    for glob in deny {
      if let target = glob.target {
        targets.append(target)
      } else {
        targets += devices.filter {
          glob.names(bus: $0.bus, name: $0.name, driver: $0.driver, devpath: $0.devpath)
        }.map { .device(bus: $0.bus, name: $0.name) }
      }
    }
    return targets
  }
}
