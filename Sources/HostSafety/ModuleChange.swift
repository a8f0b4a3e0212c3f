public import DriverModel
public import Evidence
internal import Glibc

/// A module that the run loads by its name and that was not loaded before.
///
/// Undone by rmmod(8), which takes away this module alone: what it needed stays, see `ModulesChange`.
/// It stays too where another module needs it by then, or a device that came meanwhile has its driver.
public struct ModuleLoadedChange: Sendable, Equatable {
  public var name: String
  /// The module that makes the devices for which this one is loaded, be it this one itself: they are
  /// the run's, and go with it. Nil where the devices are the host's.
  public var maker: String?

  public init(_ name: String, maker: String? = nil) {
    self.name = name
    self.maker = maker
  }
}

extension ModuleLoadedChange: Reversible {
  static let kind = "module-loaded"

  var thing: String { Modules.thing(name) }
  var summary: String { "module \(name) was not loaded" }
  var fields: [[String]] { [[name], maker.map { [$0] } ?? []] }

  init?(fields: [[String]]) {
    guard fields.count == 2, let name = fields[0].first else { return nil }
    self.init(name, maker: fields[1].first)
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let modules = Modules(Sysfs(root: host.sys))
    guard try host.waitForModule(name) else { return .alreadyRight }
    if let holder = try modules.holders(name).first {
      return .leftAlone("\(holder) came meanwhile and needs it")
    }
    let made = try maker.map { (maker) throws(SystemError) in
      try host.devices(ofModule: maker) + host.scsiHosts(ofModule: maker)
    }
    let own = maker == name ? made ?? [] : []
    let bound = Set(try host.devices(ofModule: name)).union(own).sorted()
    let newcomers = bound.filter { devpath in
      let isMade = made?.contains { devpath == $0 || devpath.hasPrefix($0 + "/") } ?? false
      return !isMade && host.came(devpath, after: name)
    }
    let others = bound.filter { !newcomers.contains($0) }
    try host.awaitUdevd(below: others)
    if let made { try host.takeFromMultipath(below: made) }
    if !others.isEmpty {
      let inUse = host.deviceGuard.look()
      for devpath in others {
        // What is above it may be open in the run itself, which made the device with it.
        guard let reason = inUse.reasonOfMade(devpath) else { continue }
        throw Modules.stays(name, "\(devpath) has its driver and \(reason)")
      }
    }
    if let newcomer = newcomers.first {
      return .leftAlone("\(newcomer) came meanwhile and has its driver")
    }
    try host.actions.unload(name)
    if try modules.isLoaded(name) { throw Modules.stays(name, "it is still loaded") }
    return .restored
  }
}

/// What was loaded when the run began. Modules that came since, and that no other entry names, are
/// reported and stay.
///
/// A module of the run needed them, udevd loaded them for its devices, or somebody for himself: nobody
/// can tell by then who relies on them. To unload them can also do harm: on 7.3 an unload of scsi_debug
/// leaves a workqueue of its host behind, and where scsi_mod is unloaded after it and loaded again,
/// numbers of hosts begin anew (host_index_ida), that name is taken, and no SCSI host of any driver can
/// be made (scsi_host_alloc()).
public struct ModulesChange: Sendable, Equatable {
  public var loaded: [String]

  public init(loaded: [String]) {
    self.loaded = loaded
  }

  /// As it is now.
  public init(sys: Directory) throws(SystemError) {
    self.init(loaded: try Modules(Sysfs(root: sys)).loaded().sorted())
  }
}

extension ModulesChange: Reversible {
  static let kind = "modules"

  var thing: String { "modules" }
  var summary: String { "modules besides the \(loaded.count) of before" }
  var fields: [[String]] { [loaded] }

  init?(fields: [[String]]) {
    guard fields.count == 1 else { return nil }
    self.init(loaded: fields[0])
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let new = try Modules(Sysfs(root: host.sys)).loaded().subtracting(loaded)
    if new.isEmpty { return .alreadyRight }
    let names = new.sorted().joined(separator: ", ")
    return .leftAlone("\(names) came with those of the run, or otherwise")
  }
}

/// Library modules without devices and without side effects, by whose removal one can wait for all
/// asynchronous probes: delete_module(2) ends in async_synchronize_full().
public enum DrainModule {
  /// The first that can be loaded serves. Its entry is the first of a run's ledger, and undone last.
  public static let candidates = ["ts_fsm", "ts_kmp", "crc7", "crc8", "cordic", "ts_bm"]
}

extension Modules {
  static func thing(_ name: String) -> String { "module " + self.name(name) }

  /// As the kernel has it: names are the same with dashes and underscores.
  static func name(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

  static func stays(_ name: String, _ reason: String) -> SystemError {
    SystemError(call: "put back", object: "module \(name)", errno: 0, reason: reason)
  }
}

extension Host {
  /// True where the module is loaded, once it neither comes nor goes any more.
  func waitForModule(_ name: String) throws(SystemError) -> Bool {
    let modules = Modules(Sysfs(root: sys))
    _ = try wait(modulePatience) { () throws(SystemError) in
      let state = try modules.state(name)
      return state == nil || state == .live
    }
    return try modules.isLoaded(name)
  }

  /// The devpaths of all devices that have a driver of the module.
  func devices(ofModule name: String) throws(SystemError) -> [String] {
    let sysfs = Sysfs(root: sys)
    var found: [String] = []
    for provided in try Modules(sysfs).drivers(name) {
      let driver = try sysfs.driver(bus: provided.bus, name: provided.name)
      for device in driver?.devices ?? [] {
        guard let link = try sys.link("bus/\(provided.bus)/devices/\(device)") else { continue }
        found.append("/" + Sysfs.path(ofLink: link))
      }
    }
    return found
  }

  /// True where a device is younger than the module: the numbers of folders only grow
  /// (kernfs_new_node()). Before the module one that is older had no driver of it.
  fileprivate func came(_ devpath: String, after module: String) -> Bool {
    guard let device = sys.inode(String(devpath.dropFirst())),
      let loaded = Modules(Sysfs(root: sys)).instance(module)
    else { return false }
    return device > loaded
  }

  /// The devpaths of the SCSI hosts that a module made: scsi_debug's driver does not say whose it is.
  fileprivate func scsiHosts(ofModule name: String) throws(SystemError) -> [String] {
    var found: [String] = []
    let hosts = sys.exists("class/scsi_host") ? try sys.names("class/scsi_host") : []
    for host in hosts where (try? sys.text("class/scsi_host/\(host)/proc_name")) == name {
      // "…/host6/scsi_host/host6"
      guard let link = try sys.link("class/scsi_host/\(host)/device") else { continue }
      let folder = try sys.link("class/scsi_host/\(host)").map { Look.devpath(ofLink: $0) }
      if let folder { found.append(Look.resolve(link, from: folder)) }
    }
    return found
  }
}
