public import DriverModel
public import Evidence
internal import Glibc

/// A module that was loaded before the run, and that the run unloads and loads again, with parameters
/// of its own or without.
///
/// The kernel does not tell what a module was loaded with. It shows the values of most parameters; not
/// of `async_probe`, and not of those without a file. So a load that may be the run's is replaced by
/// one without parameters, and those that then read otherwise than before are given once more.
public struct ModuleReloadedChange: Sendable, Equatable {
  public var name: String
  /// NAME=VALUE of all parameters that could be read.
  public var parameters: [String]
  /// The number of its folder in sysfs: what has it still is what was loaded before the run.
  public var instance: UInt64
  /// True where the run loads it with `async_probe=1`.
  public var isMadeAsynchronous: Bool
  /// Devpaths of the devices that the run races: they lose and get their driver with the module.
  public var raced: [String]
  /// The same of devices that the run made itself.
  public var made: [String]
  /// Devpaths of devices that had no driver, and that a load may give one.
  public var idle: [String]
  /// True where the user allowed that raced devices are in use.
  public var allowsUse: Bool

  public init(
    _ name: String, parameters: [String] = [], instance: UInt64, isMadeAsynchronous: Bool = false,
    raced: [String] = [], made: [String] = [], idle: [String] = [], allowsUse: Bool = false
  ) {
    self.name = name
    self.parameters = parameters
    self.instance = instance
    self.isMadeAsynchronous = isMadeAsynchronous
    self.raced = raced
    self.made = made
    self.idle = idle
    self.allowsUse = allowsUse
  }

  /// The module as it is now, before it is unloaded.
  public init(_ name: String, sys: Directory) throws(SystemError) {
    let sysfs = Sysfs(root: sys)
    let modules = Modules(sysfs)
    self.init(
      name, parameters: try modules.parameters(name), instance: modules.instance(name) ?? 0)
    for bus in Set(try modules.drivers(name).map(\.bus)).sorted() {
      idle += try sysfs.devices(bus: bus).filter { $0.driver == nil }.map(\.devpath)
    }
  }

  func adding(_ later: ModuleReloadedChange) -> ModuleReloadedChange {
    var sum = self
    sum.isMadeAsynchronous = isMadeAsynchronous || later.isMadeAsynchronous
    sum.allowsUse = allowsUse || later.allowsUse
    sum.raced += later.raced.filter { !raced.contains($0) }
    sum.made += later.made.filter { !made.contains($0) }
    return sum
  }
}

extension ModuleReloadedChange: Reversible {
  static let kind = "module-reloaded"

  var thing: String { Modules.thing(name) }
  var summary: String { "module \(name) was loaded" }
  var fields: [[String]] {
    [
      [name], parameters, ["\(instance)"], raced, made, idle,
      (isMadeAsynchronous ? ["async"] : []) + (allowsUse ? ["allowed"] : []),
    ]
  }

  init?(fields: [[String]]) {
    guard fields.count == 7, let name = fields[0].first,
      let instance = fields[2].first.flatMap({ UInt64($0) })
    else { return nil }
    self.init(
      name, parameters: fields[1], instance: instance,
      isMadeAsynchronous: fields[6].contains("async"), raced: fields[3], made: fields[4],
      idle: fields[5], allowsUse: fields[6].contains("allowed"))
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let modules = Modules(Sysfs(root: host.sys))
    var outcome = Outcome.restored
    if try host.waitForModule(name) {
      if modules.instance(name) == instance { return .alreadyRight }
      let isOther = try !differing(on: host).isEmpty
      if isMadeAsynchronous || isOther {
        try unload(on: host)
        try load([], on: host)
      } else {
        outcome = .alreadyRight
      }
    } else {
      try load([], on: host)
    }
    try giveParameters(on: host)
    return try unbindIdle(on: host) ? .restored : outcome
  }

  private func load(_ options: [String], on host: Host) throws(SystemError) {
    try host.actions.load(name, options)
    if try !Modules(Sysfs(root: host.sys)).isLoaded(name) {
      throw Modules.stays(name, "it is still not loaded")
    }
  }

  private func unload(on host: Host) throws(SystemError) {
    let remains = "so it stays as the run loaded it"
    let own = Set(raced + made + idle)
    if let reason = host.deviceGuard.reasonNotUnloadable(module: name, madeByRun: own) {
      throw stays("\(reason), \(remains)")
    }
    let inUse = host.deviceGuard.look()
    for devpath in try host.devices(ofModule: name) {
      let isMade = made.contains(devpath)
      if allowsUse && raced.contains(devpath) { continue }
      if let reason = isMade ? inUse.reasonOfMade(devpath) : inUse.reason(devpath) {
        throw stays("\(devpath) is in use (\(reason)), \(remains)")
      }
    }
    do throws(SystemError) {
      try host.actions.unload(name)
    } catch {
      throw stays("\(error.reason), \(remains)", error.errno)
    }
    if try Modules(Sysfs(root: host.sys)).isLoaded(name) {
      throw stays("it cannot be unloaded, \(remains)")
    }
  }

  private func stays(_ reason: String, _ errno: Int32 = 0) -> SystemError {
    var error = Modules.stays(name, reason + (isMadeAsynchronous ? " (async_probe=1)" : ""))
    error.errno = errno
    return error
  }

  /// Parameters that do not read as before, as they were.
  private func differing(on host: Host) throws(SystemError) -> [String] {
    let now = try Modules(Sysfs(root: host.sys)).parameters(name)
    return parameters.filter { !now.contains($0) }
  }

  /// Those that can be written are written; for the others it is loaded again, with them.
  private func giveParameters(on host: Host) throws(SystemError) {
    try writeParameters(on: host)
    let fixed = try differing(on: host)
    if fixed.isEmpty { return }
    try unload(on: host)
    try load(fixed, on: host)
    try writeParameters(on: host)
    if let still = try differing(on: host).first {
      throw Modules.stays(name, "its parameter was \(still) and cannot be made so again")
    }
  }

  private func writeParameters(on host: Host) throws(SystemError) {
    for parameter in try differing(on: host) {
      let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let path = host.sys.object("\(Modules.folder(name))/parameters/\(parts[0])")
      // What cannot be written is given at the next load, and what is wrong then is said.
      try? host.actions.write(path, parts[1].isEmpty ? "\n" : String(parts[1]))
    }
  }

  /// Devices that had no driver have none of the module's; true where one had.
  private func unbindIdle(on host: Host) throws(SystemError) -> Bool {
    var inUse: InUse?
    for provided in try Modules(Sysfs(root: host.sys)).drivers(name) {
      for devpath in idle {
        let driver = try host.sys.linkName("\(devpath.dropFirst())/driver")
        let bus = try host.sys.linkName("\(devpath.dropFirst())/subsystem")
        guard driver == provided.name, bus == provided.bus else { continue }
        if inUse == nil { inUse = host.deviceGuard.look() }
        if let reason = inUse?.reason(devpath) {
          throw Modules.stays(name, "it gave \(devpath) a driver, which is in use (\(reason))")
        }
        let file = "bus/\(provided.bus)/drivers/\(provided.name)/unbind"
        let device = devpath.split(separator: "/").last.map(String.init) ?? ""
        try host.actions.writeWaiting(host.sys.object(file), device)
      }
    }
    return inUse != nil
  }
}
