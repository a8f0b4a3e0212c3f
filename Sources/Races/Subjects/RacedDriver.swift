internal import DriverModel
internal import Evidence

/// A driver of a subject, and how it comes and goes.
struct RacedDriver {
  /// Whether it probes in threads of its own (driver_allows_async_probing()).
  enum Mode: Equatable {
    case asynchronous, synchronous
  }

  enum Source: Equatable {
    /// A module, which `async_probe=1` makes asynchronous.
    case module(String)
    /// A driver of the test module, registered by an attribute; its folder, relative to /sys.
    case fixture(folder: String)
    /// It neither comes nor goes; why, as the begin of a sentence.
    case fixed(String)

    static func partOfKernel(_ driver: String) -> Source {
      .fixed("the driver \(driver) is part of the kernel")
    }
  }

  var bus: String
  var name: String
  var source: Source
  /// The mode that it asks for by itself; nil where that is not known.
  var ownMode: Mode?
  /// What the administrator did to make it asynchronous without a load of ours, in a few words; nil where it is
  /// so by itself, or is not.
  var requested: String?

  /// Why it cannot be brought into that mode; nil where it can.
  func obstacle(to mode: Mode) -> String? {
    if case .fixture = source { return nil }
    switch mode {
    case .asynchronous:
      if ownMode == .asynchronous || module != nil { return nil }
      guard case .fixed(let reason) = source else { return nil }
      return "\(reason) and cannot be made to probe asynchronously"
    case .synchronous:
      return ownMode == .asynchronous
        ? "the driver \(name) probes asynchronously by \(requested ?? "itself")" : nil
    }
  }

  /// True where it probes asynchronously without a parameter of its module.
  var isAsynchronousAtWill: Bool {
    if case .fixture = source { return true }
    return ownMode == .asynchronous
  }

  /// Loads it in that mode; nil where it cannot be loaded.
  func load(_ mode: Mode) -> RacerProgram.Step? {
    switch source {
    case .module(let module): .module(.load(module, parameters(mode)))
    case .fixture(let folder): .verb(.attribute("\(folder)/registered", "1", .load, name))
    case .fixed: nil
    }
  }

  /// Unloads it; nil where it cannot be.
  var unload: RacerProgram.Step? {
    switch source {
    case .module(let module): .module(.unload(module))
    case .fixture(let folder): .verb(.attribute("\(folder)/registered", "0", .unload, name))
    case .fixed: nil
    }
  }

  /// What its module is loaded with for that mode (kernel/module/main.c, async_probe).
  func parameters(_ mode: Mode) -> [String] {
    mode == .asynchronous && ownMode != .asynchronous ? ["async_probe=1"] : []
  }

  /// What makes it probe asynchronously in that mode where it is not known to by itself, in a few words.
  func asynchronousBy(_ mode: Mode?) -> String? {
    if mode == .asynchronous, let requested { return requested }
    return module != nil && mode == .asynchronous && ownMode != .asynchronous
      ? "module parameter \(parameters(.asynchronous).joined(separator: " "))" : nil
  }

  /// Its module; nil where it has none of its own.
  var module: String? {
    if case .module(let name) = source { return name }
    return nil
  }
}

/// How the drivers are loaded that the run has loaded, whatever pattern that was for; those of others
/// are as they are by themselves. The kernel tells it nowhere.
final class DriverModes {
  private var modes: [String: RacedDriver.Mode] = [:]

  subscript(driver: RacedDriver) -> RacedDriver.Mode {
    get { modes["\(driver.bus)/\(driver.name)"] ?? driver.ownMode ?? .synchronous }
    set { modes["\(driver.bus)/\(driver.name)"] = newValue }
  }
}
