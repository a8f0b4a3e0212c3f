public import DriverModel
public import Evidence
internal import Glibc

/// A module that the run loads and that was not loaded before.
///
/// Undone by rmmod(8), which takes away this module alone. It stays where something of it is left that
/// another module made, see `Leftover`.
public struct ModuleLoadedChange: Sendable, Equatable {
  public var name: String

  public init(_ name: String) {
    self.name = name
  }
}

extension ModuleLoadedChange: Reversible {
  static let kind = "module-loaded"

  var thing: String { Modules.thing(name) }
  var summary: String { "module \(name) was not loaded" }
  var fields: [[String]] { [[name]] }

  init?(fields: [[String]]) {
    guard fields.count == 1, let name = fields[0].first else { return nil }
    self.init(name)
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let modules = Modules(Sysfs(root: host.sys))
    guard try host.waitForModule(name) else { return .alreadyRight }
    // What it made and its drivers have.
    let bound = try host.devices(ofModule: name) + host.scsiHosts(ofModule: name)
    try host.awaitUdevd(below: bound)
    try host.takeFromMultipath(below: bound)
    if !bound.isEmpty {
      let inUse = host.deviceGuard.look()
      for devpath in bound {
        // What is above it may be open in the run itself, which made the device with it.
        guard let reason = inUse.reasonOfMade(devpath) else { continue }
        throw Modules.stays(name, "\(devpath) has its driver and \(reason)")
      }
    }
    if let left = try Leftover.first(of: name, modules, host.sys) { return .leftAlone(left) }
    try host.actions.unload(name)
    if try modules.isLoaded(name) { throw Modules.stays(name, "it is still loaded") }
    return .restored
  }
}

/// What a module leaves in another one that it was made by, and for which that one has to stay.
private struct Leftover {
  let module: String
  /// What is left, a name in a folder of /sys with a number.
  let folder: String
  let prefix: String
  /// What it belongs to as long as that is there, the same way.
  let owner: String
  let reason: String

  /// On 7.3 an unload of scsi_debug leaks its host, and with it the host's workqueue. Numbers of hosts
  /// begin at 0 again when scsi_mod is loaded anew (host_index_ida); then that name is taken, and no SCSI
  /// host of any driver can be made (scsi_host_alloc()).
  static let all = [
    Leftover(
      module: "scsi_mod", folder: "devices/virtual/workqueue", prefix: "scsi_tmf_",
      owner: "class/scsi_host/host",
      reason: "without scsi_mod no SCSI host could be made until a reboot")
  ]

  /// Why the module has to stay, be it for a module that needs it; nil where it can go.
  static func first(of name: String, _ modules: Modules, _ sys: Directory) throws(SystemError)
    -> String?
  {
    for one in all where Modules.thing(one.module) == Modules.thing(name) {
      let names = sys.exists(one.folder) ? try sys.names(one.folder) : []
      let left = names.first {
        $0.hasPrefix(one.prefix) && !sys.exists(one.owner + $0.dropFirst(one.prefix.count))
      }
      if let left {
        return "\(left) is left behind by a driver, and \(one.reason)"
      }
    }
    for holder in try modules.holders(name) {
      if let reason = try first(of: holder, modules, sys) {
        return "\(holder) needs it, and that stays: \(reason)"
      }
    }
    return nil
  }
}

/// What was loaded when the run began. Modules that came meanwhile, and that no other entry names, are
/// reported and stay: udevd can have loaded them for the devices of the run, or anybody for himself.
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
  var summary: String { "\(loaded.count) modules were loaded" }
  var fields: [[String]] { [loaded] }

  init?(fields: [[String]]) {
    guard fields.count == 1 else { return nil }
    self.init(loaded: fields[0])
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let new = try Modules(Sysfs(root: host.sys)).loaded().subtracting(loaded)
    if new.isEmpty { return .alreadyRight }
    return .leftAlone(
      "\(new.sorted().joined(separator: ", ")) came meanwhile, and nobody can tell for whom")
  }
}

/// Library modules without devices and without side effects, by whose removal one can wait for all
/// asynchronous probes: delete_module(2) ends in async_synchronize_full().
public enum DrainModule {
  /// The first that can be loaded serves. Its entry is the first of a run's ledger, and undone last.
  public static let candidates = ["ts_fsm", "ts_kmp", "crc7", "crc8", "cordic", "ts_bm"]
}

extension Modules {
  /// Names are the same with dashes and underscores.
  static func thing(_ name: String) -> String {
    "module " + String(name.map { $0 == "-" ? "_" : $0 })
  }

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
