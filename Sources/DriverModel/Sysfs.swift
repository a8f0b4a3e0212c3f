public import Evidence
internal import Glibc

/// What /sys says of buses, devices and drivers (sysfs(5)).
///
/// Nothing here waits for a device's lock: `driver` is a link, and `uevent` and `driver_override`
/// are never read, as their show functions take device_lock() and would wait behind a slow probe.
public final class Sysfs: Sendable {
  public let root: Directory
  /// What a node of /dev stands for.
  let node: @Sendable (String) -> DeviceNumber?
  /// modinfo(8); a test has one of its own.
  let modinfo: String

  /// Takes `root` for /sys.
  public init(
    root: Directory, node: @escaping @Sendable (String) -> DeviceNumber? = DeviceNumber.init(at:),
    modinfo: String = "/sbin/modinfo"
  ) {
    self.root = root
    self.node = node
    self.modinfo = modinfo
  }

  /// Opens /sys, or `path` in its place.
  public convenience init(_ path: String = "/sys") throws(SystemError) {
    self.init(root: try Directory(path))
  }

  /// The names of all buses, sorted.
  public func buses() throws(SystemError) -> [String] {
    try root.names("bus")
  }

  /// The names of the devices of a bus, sorted. Throws ENOENT where there is no such bus.
  public func deviceNames(bus: String) throws(SystemError) -> [String] {
    try root.names("bus/\(bus)/devices")
  }

  /// The devices of a bus, by name. One that goes away meanwhile is left out.
  public func devices(bus: String) throws(SystemError) -> [Device] {
    var devices: [Device] = []
    for name in try deviceNames(bus: bus) {
      if let device = try device(bus: bus, name: name) { devices.append(device) }
    }
    return devices
  }

  /// The device of that name; nil where the bus has none.
  public func device(bus: String, name: String) throws(SystemError) -> Device? {
    guard let link = try root.link("bus/\(bus)/devices/\(name)") else { return nil }
    return try device(bus: bus, name: name, path: Self.path(ofLink: link))
  }

  /// The name of the driver that a device has now; nil without one, or without the device.
  public func driver(of device: Device) throws(SystemError) -> String? {
    try root.linkName("\(device.path)/driver")
  }

  /// The names of the drivers of a bus, sorted. Throws ENOENT where there is no such bus.
  public func driverNames(bus: String) throws(SystemError) -> [String] {
    try root.names("bus/\(bus)/drivers")
  }

  /// The drivers of a bus, by name. One that goes away meanwhile is left out.
  public func drivers(bus: String) throws(SystemError) -> [Driver] {
    var drivers: [Driver] = []
    for name in try driverNames(bus: bus) {
      if let driver = try driver(bus: bus, name: name) { drivers.append(driver) }
    }
    return drivers
  }

  /// The driver of that name; nil where the bus has none.
  public func driver(bus: String, name: String) throws(SystemError) -> Driver? {
    var driver = Driver(bus: bus, name: name, hasBindFiles: false, devices: [])
    let names: [String]
    do {
      names = try root.names(driver.path)
    } catch  where error.errno == ENOENT {
      return nil
    }
    driver.module = try root.linkName("\(driver.path)/module")
    driver.hasBindFiles = names.contains("bind") && names.contains("unbind")
    for name in names where name != "module" {
      if try root.link("\(driver.path)/\(name)") != nil { driver.devices.append(name) }
    }
    return driver
  }

  /// The highest SEQNUM given to a uevent so far, in all network namespaces.
  public func ueventSeqnum() throws(SystemError) -> UInt64 {
    let file = "kernel/uevent_seqnum"
    guard let number = UInt64(try root.text(file)) else {
      throw SystemError("parse", root.object(file), EINVAL)
    }
    return number
  }

  /// The device whose directory is at `path`, relative to the root; nil where it is none.
  func device(bus: String, name: String, path: String) throws(SystemError) -> Device? {
    guard root.exists(path) else { return nil }
    return Device(
      bus: bus, name: name, devpath: "/\(path)",
      driver: try root.linkName("\(path)/driver"),
      module: try root.linkName("\(path)/driver/module"),
      modalias: try modalias(path),
      parent: parent(path).map { "/\($0)" })
  }

  /// The devices of a bus that it hangs on, the nearest first.
  public func ancestors(of device: Device) throws(SystemError) -> [Device] {
    var found: [Device] = []
    var path = device.path
    while let above = parent(path) {
      if let device = try self.device(onBusAt: above) { found.append(device) }
      path = above
    }
    return found
  }

  /// The device in that directory; nil where it is none, or none of a bus (a class device).
  func device(onBusAt path: String) throws(SystemError) -> Device? {
    guard let subsystem = try root.link("\(path)/subsystem") else { return nil }
    let parts = subsystem.split(separator: "/")
    guard parts.count >= 2, parts[parts.count - 2] == "bus" else { return nil }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return try device(bus: String(parts[parts.count - 1]), name: name, path: path)
  }

  /// The directory of the device that the one at `path` hangs on: the nearest above that is a device.
  func parent(_ path: String) -> String? {
    var above = path
    while let slash = above.lastIndex(of: "/") {
      above = String(above[..<slash])
      if root.exists("\(above)/uevent") { return above }
    }
    return nil
  }

  private func modalias(_ path: String) throws(SystemError) -> String? {
    do {
      return try root.text("\(path)/modalias")
    } catch {
      // None on this bus, or the device went away between two looks.
      switch error.errno {
      case ENOENT, ENODEV, EACCES: return nil
      default: throw error
      }
    }
  }

  /// The path from the root that a link of a bus's `devices` folder means ("../../../devices/…").
  public static func path(ofLink link: String) -> String {
    link.split(separator: "/").drop { $0 == ".." }.joined(separator: "/")
  }
}
