internal import DriverModel
internal import Evidence
internal import HostSafety

/// The provider `scsi_debug`: disks in memory that bindrace makes and takes away itself. The driver sd
/// probes them asynchronously on every stock kernel.
final class ScsiDebug: Provider {
  /// How the devices are made.
  private struct Shape: Equatable {
    var luns: Int
    /// How long a command takes, in jiffies; 0 answers at once.
    var delay: Int

    static let single = Shape(luns: 1, delay: 0)
    /// More than the 512 (6.1) or 256 (6.12) that the kernel probes at once.
    static let saturating = Shape(luns: 700, delay: 10)
  }

  /// What an INQUIRY tells of the disks: others' tests take every disk of "Linux" "scsi_debug" for theirs.
  static let mark = ["inq_vendor=bindrace", "inq_product=scratch", "inq_rev=0001"]

  static let name = "scsi_debug"
  static let bus = "scsi"
  private static let module = "scsi_debug"
  private static let driver = RacedDriver(
    bus: bus, name: "sd", source: .module("sd_mod"), ownMode: .asynchronous)

  private let workshop: Workshop
  private var shape: Shape?
  /// What was made, also while a race has one of them removed.
  private var devices: [Device] = []

  init(_ workshop: Workshop) {
    self.workshop = workshop
  }

  static func obstacle(_ sysfs: Sysfs) -> String? {
    let loaded = (try? Modules(sysfs).isLoaded(module)) ?? false
    if loaded { return "scsi_debug is already loaded by somebody else" }
    return Workshop.lacks(module) ? "there is no module scsi_debug" : nil
  }

  static func obstacle(to pattern: Pattern) -> String? {
    let example = Device(bus: bus, name: "0:0:0:0", devpath: "/devices/0:0:0:0")
    return Subject(device: example, driver: driver, hotplug: .by(example))
      .obstacle(to: pattern, hasOverride: false)
  }

  func subject(for pattern: Pattern, _ widener: Widener) throws -> Subject {
    let wanted: Shape = widener == .saturate ? .saturating : .single
    if shape != wanted {
      try remove()
      try make(wanted)
    }
    guard let last = devices.last else { throw RunStop.skip("scsi_debug made no devices") }
    var driver = Self.driver
    if try workshop.modules.isBuiltIn("sd_mod") { driver.source = .partOfKernel(driver.name) }
    return Subject(
      device: last, driver: driver, hotplug: .by(last), made: Set(devices.map(\.devpath)))
  }

  func remove() throws {
    guard shape != nil else { return }
    try workshop.unload(Self.module)
    shape = nil
  }

  private func make(_ shape: Shape) throws {
    if let obstacle = Self.obstacle(workshop.sysfs) { throw RunStop.skip(obstacle) }
    try workshop.load("sd_mod", maker: Self.module)
    self.shape = shape
    // The load itself waits for the scan and all its probes.
    try workshop.load(
      Self.module,
      ["max_luns=\(shape.luns)", "delay=\(shape.delay)", "dev_size_mb=8", "num_tgts=1"]
        + Self.mark,
      maker: Self.module)
    devices = try found()
  }

  /// In the order in which they were found, which is that of their addresses.
  private func found() throws -> [Device] {
    func address(_ device: Device) -> [Int] {
      device.name.split(separator: ":").map { Int($0) ?? 0 }
    }
    return try workshop.sysfs.devices(bus: "scsi")
      .filter { $0.devpath.hasPrefix("/devices/pseudo_") && address($0).count == 4 }
      .sorted { address($0).lexicographicallyPrecedes(address($1)) }
  }
}
