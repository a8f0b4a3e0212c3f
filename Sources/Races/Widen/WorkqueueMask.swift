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

  /// Why it cannot be narrowed here; nil where it can.
  static func obstacle(_ sysfs: Sysfs) -> String? {
    if !hasTwoCPUs { return "the widener cpu needs two usable CPUs" }
    if !sysfs.root.exists(path) { return "this kernel has no \(path)" }
    return nil
  }

  /// Notes the mask in the ledger, once, before it is narrowed.
  init(_ sysfs: Sysfs, ledger: Ledger) throws(SystemError) {
    self.sysfs = sysfs
    cpu = Self.lastCPU
    // The mask reads without isolated CPUs; what was asked for stands beside it.
    let requested = Self.path + "_requested"
    old = try sysfs.root.text(sysfs.root.exists(requested) ? requested : Self.path)
    try ledger.record(
      .attribute(
        AttributeChange(path: Self.path, old: old, new: Self.mask(of: cpu), format: .mask)))
  }

  /// The write that narrows it.
  var narrowing: VerbWrite {
    .attribute(Self.path, Self.mask(of: cpu), .confine, Self.path)
  }

  /// The write that puts it back.
  var widening: VerbWrite { .attribute(Self.path, old, .confine, Self.path) }

  func narrow() throws(SystemError) {
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
