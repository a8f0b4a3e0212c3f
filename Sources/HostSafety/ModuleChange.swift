internal import DriverModel
internal import Evidence

/// A module that the run loads and that was not loaded before.
///
/// Undone by rmmod(8), which takes away this module alone.
public struct ModuleLoadedChange: Sendable, Equatable {
  public var name: String

  public init(_ name: String) {
    self.name = name
  }
}

/// A module that the run unloads and that was loaded before. Where the same run loads it again
/// later, this entry stands for both.
public struct ModuleUnloadedChange: Sendable, Equatable {
  public var name: String
  /// What it was loaded with: NAME=VALUE.
  public var options: [String]

  public init(_ name: String, options: [String]) {
    self.name = name
    self.options = options
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
    if try !modules.isLoaded(name) { return .alreadyRight }
    try host.actions.unload(name)
    if try modules.isLoaded(name) { throw Modules.still(name, "loaded") }
    return .restored
  }
}

extension ModuleUnloadedChange: Reversible {
  static let kind = "module-unloaded"

  var thing: String { Modules.thing(name) }
  var summary: String { "module \(name) was loaded" }
  var fields: [[String]] { [[name], options] }

  init?(fields: [[String]]) {
    guard fields.count == 2, let name = fields[0].first else { return nil }
    self.init(name, options: fields[1])
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let modules = Modules(Sysfs(root: host.sys))
    if try modules.isLoaded(name) { return .alreadyRight }
    try host.actions.load(name, options)
    if try !modules.isLoaded(name) { throw Modules.still(name, "not loaded") }
    return .restored
  }
}

extension Modules {
  /// Names are the same with dashes and underscores.
  fileprivate static func thing(_ name: String) -> String {
    "module " + String(name.map { $0 == "-" ? "_" : $0 })
  }

  fileprivate static func still(_ name: String, _ state: String) -> SystemError {
    SystemError(call: "modprobe", object: name, errno: 0, reason: "it is still \(state)")
  }
}
