internal import DriverModel
internal import Evidence
internal import HostSafety

/// The provider `scsi_debug`: disks in memory that bindrace makes and takes away itself. The driver sd
/// probes them asynchronously on every stock kernel.
final class ScsiDebug {
  /// How the devices are made.
  struct Shape: Equatable {
    var luns: Int
    /// How long a command takes, in jiffies; 0 answers at once.
    var delay: Int

    static let single = Shape(luns: 1, delay: 0)
    /// More than the 512 (6.1) or 256 (6.12) that the kernel probes at once.
    static let saturating = Shape(luns: 700, delay: 10)
  }

  static let name = "scsi_debug"
  private static let module = "scsi_debug"
  private static let driverModule = "sd_mod"

  private let sysfs: Sysfs
  private let modules: Modules
  private let ledger: Ledger
  private let deadline: Duration
  private var shape: Shape?

  init(_ sysfs: Sysfs, ledger: Ledger, deadline: Duration) {
    self.sysfs = sysfs
    modules = Modules(sysfs)
    self.ledger = ledger
    self.deadline = deadline
  }

  /// Why there can be no such devices now; nil where there can.
  static func obstacle(_ sysfs: Sysfs) -> String? {
    let loaded = (try? Modules(sysfs).isLoaded(module)) ?? false
    return loaded ? "scsi_debug is already loaded by somebody else" : nil
  }

  /// Makes devices of that shape, where there are not such already, and returns the last of them.
  func subject(_ shape: Shape) throws -> Subject {
    if self.shape != shape {
      try remove()
      try make(shape)
    }
    let devices = try devices()
    guard let last = devices.last else {
      throw RunStop.skip("scsi_debug made no devices")
    }
    return Subject(
      device: last, driver: "sd",
      module: try modules.isLoaded(Self.driverModule) ? Self.driverModule : nil,
      loadParameters: [], made: Set(devices.map(\.devpath)), isSaturating: shape == .saturating)
  }

  /// Takes the devices away.
  func remove() throws {
    guard shape != nil else { return }
    let result = try ModuleVerb.unload(Self.module)
      .perform(limit: deadline * Verb.moduleDeadlines)
    if !result.record.succeeded {
      throw RunStop.skip("scsi_debug could not be unloaded: \(result.errors.oneLine)")
    }
    shape = nil
  }

  private func make(_ shape: Shape) throws {
    if let obstacle = Self.obstacle(sysfs) { throw RunStop.skip(obstacle) }
    try load(Self.driverModule)
    self.shape = shape
    // The load itself waits for the scan and all its probes.
    try load(
      Self.module,
      ["max_luns=\(shape.luns)", "delay=\(shape.delay)", "dev_size_mb=8", "num_tgts=1"])
  }

  /// In the order in which they were found, which is that of their addresses.
  private func devices() throws -> [Device] {
    func address(_ device: Device) -> [Int] {
      device.name.split(separator: ":").map { Int($0) ?? 0 }
    }
    return try sysfs.devices(bus: "scsi")
      .filter { $0.devpath.hasPrefix("/devices/pseudo_") && address($0).count == 4 }
      .sorted { address($0).lexicographicallyPrecedes(address($1)) }
  }

  private func load(_ module: String, _ parameters: [String] = []) throws {
    let loader = ModuleLoader(sysfs: sysfs, ledger: ledger, deadline: deadline)
    if let reason = try loader.load(module, parameters) {
      throw RunStop.skip("module \(module) could not be loaded: \(reason)")
    }
  }
}
