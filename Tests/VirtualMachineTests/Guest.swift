import Foundation
import Subprocess
import Testing

/// The kernels that every scenario is proved on: Debian's stock ones, by their series.
enum Kernel: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case debian11 = "5.10"
  case debian12 = "6.1"
  case backport = "6.12"
  case newest = "7.3"

  /// Those that are looked at every day in what rests on the kernel; with BINDRACE_FULL=1 all.
  static let raced: [Kernel] = Size.isFull ? allCases : [.backport, .newest]
  /// The same of what rests more on bindrace.
  static let oneOfAll: [Kernel] = Size.isFull ? allCases : [.backport]
  /// Those of which not all that is raced is looked at every day.
  static let others: [Kernel] = [.debian11, .debian12]

  /// Where a driver is linked to the device already, 5.10 answers a bind at once; the others let it wait for the
  /// device's lock.
  var waitsInBind: Bool { self != .debian11 }
  /// Since 6.17 a PCI device that is found is probed by a helper where its driver is asynchronous.
  var probesPCIByHelper: Bool { self == .newest }

  var testDescription: String { rawValue }
}

/// A script of the folder Guest, run in one boot of a throwaway machine.
///
/// Booting is dear, so scenarios that do not disturb each other share a guest: the first that asks
/// for it boots it, the others read what was left.
struct Guest: Hashable, Sendable {
  /// Its name without ".sh".
  var script: String
  /// All scripts that share its boot, in their order; empty where it has one of its own.
  var shared: [String] = []
  /// Debian with systemd, udevd and journald instead of busybox; without bindrace.
  var system = false
  /// Words for QEMU, such as a device to add.
  var machine: [String] = []
  /// The package of this bindrace as /packages/first.deb, and the next one as second.deb.
  var packaged = false
  /// With the command vm-monitor.
  var monitor = false
  /// Debian packages whose programs it needs.
  var packages: [String] = []
  /// Seconds.
  var timeout = 600
  /// Another script, which runs first and resets the machine; both have one disk, /dev/vda.
  var resetBy: String?

  /// What the script left.
  func report(on kernel: Kernel) async throws -> Report {
    try await Boots.shared.report(self, kernel)
  }

  /// The reports of all scripts that share its boot.
  fileprivate func boot(_ kernel: Kernel) async throws -> [String: Report] {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    var machine = machine
    if let resetBy {
      let disk = folder.appending(path: "disk")
      try Data(count: 16 << 20).write(to: disk)
      machine += ["-drive", "file=\(disk.path),format=raw,if=none,id=shared"]
      machine += ["-device", "virtio-blk-pci,drive=shared"]
      try await run([resetBy], kernel, machine, ends: .exited(120))
    }
    let steps = folder.appending(path: "steps")
    try await run(scripts, kernel, machine, get: ["--get", "/steps:\(steps.path)"])
    var reports: [String: Report] = [:]
    for script in scripts {
      let report = try Report(folder: steps.appending(path: script))
      for line in report.figures { print("\(kernel.rawValue) \(script) \(line)") }
      reports[script] = report
    }
    return reports
  }

  private var scripts: [String] { shared.isEmpty ? [script] : shared }

  /// The same for all that share its boot.
  fileprivate var booted: Guest {
    var booted = self
    booted.script = scripts[0]
    return booted
  }

  private func run(
    _ scripts: [String], _ kernel: Kernel, _ machine: [String], get: [String] = [],
    ends: TerminationStatus = .exited(0)
  ) async throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    var words = ["\(tests.path)/../../scripts/vm"]
    words += ["--kernel", kernel.rawValue, "--timeout", "\(timeout)"]
    words += ["--copy", "\(tests.path)/Guest:/tests"] + get
    if system { words.append("--system") }
    if packaged {
      let variable = "BINDRACE_PACKAGES"
      let packages = try #require(
        ProcessInfo.processInfo.environment[variable], "\(variable) names no folder of packages")
      words += ["--copy", "\(packages):/packages"]
    }
    if monitor { words.append("--monitor") }
    words += machine.flatMap { ["--qemu-arg", $0] }
    words += packages.flatMap { ["--package", $0] }
    words += ["--", "env"] + Size.variables + ["sh", "/tests/all.sh"] + scripts
    var ended = try await boot(words)
    // QEMU crashed, or lost the timer of a CPU: that says nothing of what is tested.
    if ended == .exited(123) { ended = try await boot(words) }
    guard ended == ends else { throw NotRun(guest: self, kernel: kernel, ended: "\(ended)") }
  }

  /// Standard error passes through: it shows the steps as they end.
  private func boot(_ words: [String]) async throws -> TerminationStatus {
    try await Subprocess.run(
      .name("bash"), arguments: Arguments(words),
      output: .string(limit: 1 << 20), error: .currentStandardError
    ).terminationStatus
  }

  /// The guest did not get to the end of its script.
  struct NotRun: Error {
    var guest: Guest
    var kernel: Kernel
    var ended: String
  }
}

extension Guest {
  /// One of those that race devices of bindrace's own, and a generator of random numbers.
  static func raced(_ script: String) -> Guest {
    Guest(
      script: script, shared: ["catalog", "races", "rebinds"],
      machine: ["-device", "virtio-rng-pci"], timeout: Size.isFull ? 6000 : 1200)
  }

  /// One of those that look at what goes on around the races on a host without systemd.
  static func host(_ script: String) -> Guest {
    Guest(
      script: script, shared: ["host", "storm", "refusals", "warnings", "hang"],
      machine: ["-device", "virtio-rng-pci"], timeout: Size.isFull ? 3600 : 1200)
  }

  /// One of those on a host with systemd where bindrace is no more than installed.
  static func system(_ script: String) -> Guest {
    Guest(
      script: script, shared: ["system", "package", "guard-system"], system: true,
      machine: ["-device", "pcie-root-port,id=port0,chassis=1"], packaged: true, monitor: true,
      timeout: 1200)
  }
}

/// Each guest is booted once for each kernel.
private actor Boots {
  static let shared = Boots()

  private struct Key: Hashable {
    var guest: Guest
    var kernel: Kernel
  }

  private var boots: [Key: Task<[String: Report], any Error>] = [:]

  func report(_ guest: Guest, _ kernel: Kernel) async throws -> Report {
    let booted = guest.booted
    let key = Key(guest: booted, kernel: kernel)
    let boot = boots[key] ?? Task { try await booted.boot(kernel) }
    boots[key] = boot
    return try #require(try await boot.value[guest.script])
  }
}
