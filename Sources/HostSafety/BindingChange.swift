public import DriverModel
internal import Evidence
internal import Glibc

/// A device that the run binds or unbinds.
public struct BindingChange: Sendable, Equatable {
  public var bus: String
  /// Its name on the bus.
  public var name: String
  /// The path below /sys, "/devices/…".
  public var devpath: String
  /// The driver that it had before the run; nil for none.
  public var driver: String?
  /// True of a device that has just come, whose driver the kernel had still to find: one that has none in the
  /// end is probed again, and any that it has is right.
  public var isUndecided = false
  /// Other drivers that the run binds it to. Recording the device again adds to them.
  public var raced: [String]
  public var identity: DeviceIdentity
  /// The number of its folder in sysfs: another one there now is a device that was added since.
  public var instance: UInt64

  public init(
    bus: String, name: String, devpath: String, driver: String?, raced: [String] = [],
    identity: DeviceIdentity, instance: UInt64
  ) {
    self.bus = bus
    self.name = name
    self.devpath = devpath
    self.driver = driver
    self.raced = raced
    self.identity = identity
    self.instance = instance
  }

  /// The device as it is now.
  public init(_ device: Device, raced: [String] = [], sys: Directory) {
    self.init(
      bus: device.bus, name: device.name, devpath: device.devpath, driver: device.driver,
      raced: raced, identity: DeviceIdentity(devpath: device.devpath, sys: sys),
      instance: sys.inode(device.path) ?? 0)
  }

  func adding(_ later: BindingChange) -> BindingChange {
    var sum = self
    for driver in later.raced where !sum.raced.contains(driver) { sum.raced.append(driver) }
    return sum
  }
}

extension BindingChange: Reversible {
  static let kind = "binding"

  var thing: String { "binding \(devpath)" }
  var summary: String { "\(bus)/\(name) \(driver.map { "had driver \($0)" } ?? "had no driver")" }
  var fields: [[String]] {
    [
      [bus], [name], [devpath], driver.map { [$0] } ?? [], raced, identity.attributes,
      ["\(instance)"], isUndecided ? ["undecided"] : [],
    ]
  }

  init?(fields: [[String]]) {
    guard fields.count == 8, let bus = fields[0].first, let name = fields[1].first,
      let devpath = fields[2].first, let instance = fields[6].first.flatMap({ UInt64($0) })
    else { return nil }
    self.init(
      bus: bus, name: name, devpath: devpath, driver: fields[3].first, raced: fields[4],
      identity: DeviceIdentity(attributes: fields[5]), instance: instance)
    isUndecided = fields[7] == ["undecided"]
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    guard host.sys.exists(String(devpath.dropFirst())) else { return .gone }
    let now = DeviceIdentity(devpath: devpath, sys: host.sys)
    if let attribute = identity.difference(from: now) {
      return .leftAlone("another device is in its place: \(attribute) differs")
    }
    let current = try bound(host)
    if isUndecided {
      if current != nil { return .alreadyRight }
      try host.actions.writeWaiting(host.sys.object("bus/\(bus)/drivers_probe"), name)
      return .restored
    }
    if current == driver { return try confirm(host) }
    if let current {
      // A device that went and came again in the run got what the kernel found for it.
      guard raced.contains(current) || host.sys.inode(String(devpath.dropFirst())) != instance
      else { return .leftAlone("somebody else bound it to \(current)") }
      let device = Device(bus: bus, name: name, devpath: devpath, driver: current)
      let gate = Gate(host.deviceGuard, sys: host.sys)
      if case .closed(let reason) = gate.ask(Gate.Question([(device, [])])) {
        throw SystemError(
          call: "unbind", object: "\(bus)/\(name)", errno: EBUSY,
          reason: "it has driver \(current) and is \(reason)")
      }
      try write(host, current, "unbind")
    }
    if let driver { try bind(host, to: driver) }
    let after = try bound(host)
    if after == driver { return .restored }
    throw SystemError(
      call: "bind", object: "\(bus)/\(name)", errno: 0,
      reason: after.map { "it has driver \($0)" } ?? "it has no driver")
  }

  /// The link is there before the probe runs, which can still fail (really_probe()). A bind waits for
  /// the device's lock, and then says EBUSY of a device that is bound.
  private func confirm(_ host: Host) throws(SystemError) -> Outcome {
    guard let driver else { return .alreadyRight }
    do throws(SystemError) {
      try write(host, driver, "bind")
      return .restored
    } catch {
      if try isOfBoundDevice(error, host) { return .alreadyRight }
      throw error
    }
  }

  /// True where a bind was refused because the device is bound: EBUSY, and on 5.10 ENODEV, which it also says
  /// where no driver takes the device, and for which it waits for no lock (bind_store()).
  private func isOfBoundDevice(_ refusal: SystemError, _ host: Host) throws(SystemError) -> Bool {
    switch refusal.errno {
    case EBUSY: true
    case ENODEV: try bound(host) != nil
    default: false
    }
  }

  private func bound(_ host: Host) throws(SystemError) -> String? {
    try host.sys.linkName("\(devpath.dropFirst())/driver")
  }

  private func bind(_ host: Host, to driver: String) throws(SystemError) {
    var failure: SystemError?
    let isBound = try host.wait { () throws(SystemError) in
      do throws(SystemError) {
        try write(host, driver, "bind")
        return true
      } catch {
        failure = error
        // It is not ready for a probe yet, or another bound it first.
        let isOver = try isOfBoundDevice(error, host)
        if error.errno != EAGAIN, !isOver { throw error }
        return try bound(host) != nil
      }
    }
    if !isBound, let failure { throw failure }
  }

  private func write(_ host: Host, _ driver: String, _ file: String) throws(SystemError) {
    let path = host.sys.object("bus/\(bus)/drivers/\(driver)/\(file)")
    try host.actions.writeWaiting(path, name)
  }
}
