internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety

/// The CPUs that unbound workqueues may use, among them the one that runs asynchronous probes
/// (Documentation/core-api/workqueue.rst).
struct WorkqueueMask {
  static let path = "devices/virtual/workqueue/cpumask"

  /// The CPU that workers are confined to, and that is then held.
  let cpu: Int32
  private let sysfs: Sysfs
  private let old: String
  private let isolated: String?

  /// Why it cannot be narrowed here; nil where it can.
  static func obstacle(_ sysfs: Sysfs) -> String? {
    if !hasTwoCPUs { return "the widener cpu needs two usable CPUs" }
    if !sysfs.root.exists(path) { return "this kernel has no \(path)" }
    return keptAsItIs(sysfs)
  }

  /// Why a write to it could not be taken back; nil where it can, or nothing can be read.
  ///
  /// A write makes the mask and what was asked for the same (workqueue_set_unbound_cpumask()). Since 6.7 they
  /// differ where a cpuset partition isolates CPUs (workqueue_unbound_exclude_cpumask()); then no write brings
  /// both back.
  static func keptAsItIs(_ sysfs: Sysfs) -> String? {
    guard let mask = try? sysfs.root.text(path),
      let requested = try? sysfs.root.text(AttributeChange.requested(path))
    else { return nil }
    let format = AttributeChange.Format.mask
    if format.normal(mask) == format.normal(requested) { return nil }
    return
      "the workqueue mask is \(mask) where \(requested) is asked for, as a cpuset partition isolates "
      + "CPUs: no write could put that back"
  }

  /// Notes the mask in the ledger, once, before it is narrowed.
  ///
  /// - Throws: `RunStop.skip` where it could not be put back as it is.
  init(_ sysfs: Sysfs, ledger: Ledger) throws {
    self.sysfs = sysfs
    cpu = Self.lastCPU
    if let reason = Self.keptAsItIs(sysfs) { throw RunStop.skip(reason) }
    old = try sysfs.root.text(Self.path)
    isolated = Self.isolated(sysfs)
    var change = AttributeChange(
      path: Self.path, old: old, new: Self.mask(of: cpu), format: .mask)
    change.isolated = isolated
    try ledger.record(.attribute(change))
  }

  /// The CPUs that cpuset partitions isolate; nil where this kernel does not tell.
  private static func isolated(_ sysfs: Sysfs) -> String? {
    try? sysfs.root.text(AttributeChange.isolated(path))
  }

  /// The write that narrows it. Throws where it could not be put back any more.
  var narrowing: VerbWrite {
    get throws {
      try look()
      return .attribute(Self.path, Self.mask(of: cpu), .confine, Self.path)
    }
  }

  /// The write that puts it back.
  var widening: VerbWrite { .attribute(Self.path, old, .confine, Self.path) }

  /// Somebody can isolate CPUs in the midst of a run.
  private func look() throws {
    if let reason = Self.keptAsItIs(sysfs) { throw RunStop.skip(reason) }
    if Self.isolated(sysfs) != isolated {
      throw RunStop.skip("a cpuset partition isolated other CPUs meanwhile")
    }
  }

  func narrow() throws {
    try look()
    try sysfs.root.write(Self.path, Self.mask(of: cpu))
  }

  func restore() throws(SystemError) {
    try sysfs.root.write(Self.path, old)
  }

  /// One CPU as the kernel reads it: hexadecimal groups of 32, the highest first.
  static func mask(of cpu: Int32) -> String {
    let digits = String(UInt32(1) << UInt32(cpu % 32), radix: 16)
    return digits + String(repeating: ",00000000", count: Int(cpu / 32))
  }

  /// The CPU to hold. Not the first: the boot CPU does the most for others.
  static var lastCPU: Int32 { usableCPUs.last ?? 0 }

  /// True where one CPU can be held while another works.
  static var hasTwoCPUs: Bool { usableCPUs.count >= 2 }

  private static var usableCPUs: [Int32] {
    var cpus = [Int32](repeating: 0, count: 1024)
    let count = unsafe CLinux_usable_cpus(&cpus, 1024)
    return Array(cpus.prefix(Int(max(count, 0))))
  }
}
