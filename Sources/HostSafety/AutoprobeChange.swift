public import DriverModel
public import Evidence
internal import Glibc

/// That a bus finds drivers by itself no more (`drivers_autoprobe` = 0), and what that does to devices that
/// are not raced.
///
/// A device that comes meanwhile is not probed (bus_probe_device()), a driver that comes attaches to nothing
/// (bus_add_driver()), and a deferred device that the deferred worker meets leaves its list for good:
/// deferred_probe_work_func() takes it off before bus_probe_device() does nothing. So undoing is to turn it on
/// and to ask for the probes that the kernel left out.
public struct AutoprobeChange: Sendable, Equatable {
  public var bus: String
  /// The devpaths of what is raced or made: their driver is others' affair, and that of all above and below.
  public var raced: [String]
  /// Devices without a driver before, "NUMBER NAME" by the number of their folder in sysfs: they stay so.
  public var idle: [String]
  /// The names of those that were deferred.
  public var deferred: [String]
  /// The drivers that were there, the same way.
  public var drivers: [String]

  public init(
    bus: String, raced: [String], idle: [String], deferred: [String], drivers: [String]
  ) {
    self.bus = bus
    self.raced = raced
    self.idle = idle
    self.deferred = deferred
    self.drivers = drivers
  }

  /// The bus as it is now.
  ///
  /// - Throws: also where devices have no driver and the kernel does not tell whether they are deferred.
  public init(bus: String, raced: [String], sys: Directory) throws(SystemError) {
    self.init(bus: bus, raced: raced, idle: [], deferred: [], drivers: [])
    // Twice: one that the deferred worker is at stands in no list.
    let before = try? Self.deferred(sys)
    let unbound = try unbound(sys)
    if !unbound.isEmpty {
      let names = Set(unbound.map(\.name))
      deferred = try Self.deferred(sys).union(before ?? []).intersection(names).sorted()
    }
    idle = unbound.map { Self.numbered($0.path, $0.name, sys) }
    drivers = try Self.drivers(bus, sys)
  }

  func adding(_ later: AutoprobeChange) -> AutoprobeChange {
    var sum = later
    sum.raced = Set(raced).union(later.raced).sorted()
    // The worker may have been at it when it was looked for again.
    sum.deferred = Set(deferred).union(later.deferred).sorted()
    return sum
  }

  /// The file that is written, relative to the root of sysfs.
  var file: String { "bus/\(bus)/drivers_autoprobe" }

  /// Devices that have no driver because the kernel did not look for one. One that somebody unbound meanwhile
  /// is among them: nobody can tell.
  func missed(_ sys: Directory) throws(SystemError) -> [Device] {
    let hasNewDriver = try !Set(Self.drivers(bus, sys)).isSubset(of: drivers)
    return try unbound(sys).filter { device in
      hasNewDriver || deferred.contains(device.name)
        || !idle.contains(Self.numbered(device.path, device.name, sys))
    }
  }

  /// Asks for the probes that the kernel left out; true where there were any.
  @discardableResult public func probeMissed(on host: Host) throws(SystemError) -> Bool {
    let missed = try missed(host.sys)
    for device in missed {
      let write = VerbWrite.driversProbe(device)
      do throws(SystemError) {
        try host.actions.writeWaiting(
          host.sys.object(write.path), String(decoding: write.bytes, as: UTF8.self))
      } catch {
        // What the probe itself says is the device's affair: deferred again, no such device any more.
        if error.errno == ETIMEDOUT { throw error }
      }
    }
    return !missed.isEmpty
  }
}

// MARK: - The bus

extension AutoprobeChange {
  private func unbound(_ sys: Directory) throws(SystemError) -> [Device] {
    try Sysfs(root: sys).devices(bus: bus).filter { device in
      device.driver == nil
        && !raced.contains {
          $0 == device.devpath || $0.hasPrefix(device.devpath + "/")
            || device.devpath.hasPrefix($0 + "/")
        }
    }
  }

  private static func drivers(_ bus: String, _ sys: Directory) throws(SystemError) -> [String] {
    try Sysfs(root: sys).driverNames(bus: bus).map {
      numbered("bus/\(bus)/drivers/\($0)", $0, sys)
    }
  }

  private static func numbered(_ path: String, _ name: String, _ sys: Directory) -> String {
    "\(sys.inode(path) ?? 0) \(name)"
  }

  /// The names of all deferred devices, of whatever bus (deferred_devs_show()).
  private static func deferred(_ sys: Directory) throws(SystemError) -> Set<String> {
    let lines = try sys.text("kernel/debug/devices_deferred").split(separator: "\n")
    return Set(lines.map { String($0.prefix { $0 != "\t" }) })
  }
}

extension AutoprobeChange: Reversible {
  static let kind = "autoprobe"

  var thing: String { "autoprobe \(bus)" }
  var summary: String { "\(file) was \"1\"" }
  var fields: [[String]] { [[bus], raced, idle, deferred, drivers] }

  init?(fields: [[String]]) {
    guard fields.count == 5, let bus = fields[0].first else { return nil }
    self.init(
      bus: bus, raced: fields[1], idle: fields[2], deferred: fields[3], drivers: fields[4])
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    guard host.sys.exists(file) else { return .gone }
    let isOff = try host.sys.text(file) == "0"
    if isOff {
      try host.actions.write(host.sys.object(file), "1")
      let after = try host.sys.text(file)
      guard after == "1" else {
        var error = SystemError("write", host.sys.object(file), 0)
        error.reason = "it still reads \"\(after)\""
        throw error
      }
    }
    // Also where it is on again: the run may have come no further.
    let isProbed = try probeMissed(on: host)
    return isOff || isProbed ? .restored : .alreadyRight
  }
}
