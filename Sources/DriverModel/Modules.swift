public import Evidence
internal import Glibc

/// What /sys/module says of loaded modules.
///
/// Names are taken with dashes or underscores, as modprobe(8) takes them.
public struct Modules: Sendable {
  /// Where a module is in its life (module_state).
  public enum State: String, Sendable {
    /// Its init function runs.
    case coming
    case live
    /// Its exit function runs.
    case going
  }

  /// A driver that a module registered.
  public struct ProvidedDriver: Sendable, Hashable {
    public var bus: String
    public var name: String

    public init(bus: String, name: String) {
      self.bus = bus
      self.name = name
    }
  }

  private let sysfs: Sysfs

  /// The names of all modules that are loaded.
  public func loaded() throws(SystemError) -> Set<String> {
    var names: Set<String> = []
    for name in try sysfs.root.names("module") {
      if try isLoaded(name) { names.insert(name) }
    }
    return names
  }

  public init(_ sysfs: Sysfs) {
    self.sysfs = sysfs
  }

  /// The state of a module; nil where it is not loaded. Code built into the kernel has a folder too,
  /// but no state.
  public func state(_ module: String) throws(SystemError) -> State? {
    try text(module, "initstate").flatMap(State.init)
  }

  /// True from the begin of its init function to the end of its exit function.
  public func isLoaded(_ module: String) throws(SystemError) -> Bool {
    try state(module) != nil
  }

  /// True where it is part of the kernel image and so cannot be unloaded.
  public func isBuiltIn(_ module: String) throws(SystemError) -> Bool {
    try state(module) == nil && sysfs.root.exists(path(module))
  }

  /// The modules that use it, sorted; none where it is not loaded.
  public func holders(_ module: String) throws(SystemError) -> [String] {
    try names(module, "holders")
  }

  /// The drivers that it registered, sorted.
  public func drivers(_ module: String) throws(SystemError) -> [ProvidedDriver] {
    try names(module, "drivers").compactMap { entry in
      let parts = entry.split(separator: ":", maxSplits: 1)
      return parts.count == 2
        ? ProvidedDriver(bus: String(parts[0]), name: String(parts[1])) : nil
    }
  }

  /// NAME=VALUE of its parameters, sorted, as far as they can be read and are of one line.
  public func parameters(_ module: String) throws(SystemError) -> [String] {
    try names(module, "parameters").compactMap { name in
      guard let value = try? sysfs.root.text("\(path(module))/parameters/\(name)"),
        !value.contains("\n")
      else { return nil }
      return "\(name)=\(value)"
    }
  }

  /// What tells this load of it from others in this boot; nil where it is not loaded.
  public func instance(_ module: String) -> UInt64? {
    sysfs.root.inode(path(module))
  }

  /// Its folder, relative to the root of sysfs.
  public static func folder(_ module: String) -> String {
    "module/" + String(module.map { $0 == "-" ? "_" : $0 })
  }

  private func path(_ module: String) -> String { Self.folder(module) }

  private func text(_ module: String, _ file: String) throws(SystemError) -> String? {
    do {
      return try sysfs.root.text("\(path(module))/\(file)")
    } catch {
      // Not loaded, gone meanwhile, or no module at all: /sys/module/compression is a file.
      switch error.errno {
      case ENOENT, ENODEV, ENOTDIR: return nil
      default: throw error
      }
    }
  }

  private func names(_ module: String, _ folder: String) throws(SystemError) -> [String] {
    do {
      return try sysfs.root.names("\(path(module))/\(folder)")
    } catch  where error.errno == ENOENT {
      return []
    }
  }
}
