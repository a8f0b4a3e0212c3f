public import DriverModel
internal import Evidence

/// Which devices may be raced, as somebody who knows the host has said: deny wins over allow, and over
/// everything else.
///
/// A denied device counts as one in use, with all above and below it. What is not there (yet) is no
/// error, as it may come.
public struct DeviceLists: Sendable, Equatable {
  /// Where it holds any, nothing else is raced, exactly as named.
  public var allow: [Target]
  public var deny: [Target]

  public init(allow: [Target] = [], deny: [Target] = []) {
    self.allow = allow
    self.deny = deny
  }

  /// Throws where a path is there and leads to no device, so that it never could.
  public func check(in sysfs: Sysfs) throws(TargetError) {
    for case .path(let path) in allow + deny {
      let name = String(path.dropFirst("/sys/".utf8.count))
      let found = try? sysfs.devpath(at: path)
      if found == nil && sysfs.root.exists(name) {
        throw TargetError(
          target: path,
          problem: "no device, such as one of /sys/class/net or /sys/bus/pci/devices")
      }
    }
  }

  /// The same, with the paths of `allow` followed to where they lead now: a race takes devices away,
  /// and links to them lead nowhere then.
  public func pinned(in sysfs: Sysfs) -> DeviceLists {
    var lists = self
    lists.allow = allow.map { target in
      guard case .path(let path) = target, let found = try? sysfs.devpath(at: path) else {
        return target
      }
      return .path("/sys\(found)")
    }
    return lists
  }

  /// Why the device must be left alone, whoever made it; nil where it is not denied.
  ///
  /// - Parameter drivers: those that a race attaches to it, BUS/DRIVER; it may have none now.
  public func reasonDenied(_ device: Device, drivers: Set<String> = [], in sysfs: Sysfs) -> String?
  {
    var denied = Reasons()
    for target in deny {
      let reason = "is on the deny list (\(target))"
      if Self.names(target, device, drivers) { return reason }
      do throws(SystemError) {
        for devpath in try Self.devpaths(target, sysfs) { denied.add(devpath, reason) }
      } catch {
        return "may be on the deny list: cannot read \(error.object): \(error.reason)"
      }
    }
    return denied.reason(device.devpath)
  }

  /// Why the device must be left alone; nil where it is allowed.
  ///
  /// - Parameter drivers: those that a race attaches to it, BUS/DRIVER; it may have none now.
  public func reasonNotAllowed(_ device: Device, drivers: Set<String> = []) -> String? {
    allow.isEmpty || allow.contains { Self.names($0, device, drivers) }
      ? nil : "\(device.target) is not on the allow list"
  }

  /// True where the target means this device, be it here now or not.
  public static func names(_ target: Target, _ device: Device, _ drivers: Set<String> = []) -> Bool
  {
    switch target {
    case .device(let bus, let name): bus == device.bus && name == device.name
    case .path(let path):
      path == device.syspath || path == "/sys/bus/\(device.bus)/devices/\(device.name)"
    case .driver(let bus, let name):
      drivers.contains("\(bus)/\(name)") || (bus == device.bus && name == device.driver)
    case .provider: false
    }
  }

  /// What a target means now, devices of classes too.
  private static func devpaths(_ target: Target, _ sysfs: Sysfs) throws(SystemError) -> [String] {
    switch target {
    case .device(let bus, let name):
      return try sysfs.device(bus: bus, name: name).map { [$0.devpath] } ?? []
    case .path(let path):
      return try sysfs.devpath(at: path).map { [$0] } ?? []
    case .driver(let bus, let name):
      guard let driver = try sysfs.driver(bus: bus, name: name) else { return [] }
      var found: [String] = []
      for device in driver.devices {
        if let device = try sysfs.device(bus: bus, name: device) { found.append(device.devpath) }
      }
      return found
    case .provider:
      return []
    }
  }
}
