import DriverModel
import Evidence
import HostSafety
import TemporaryFolder
import Testing

@testable import Races

/// A dry run lists what a run would race, and says of the rest why it would not.
@Suite struct DryRunTests {
  private let folder = TemporaryFolder()
  private let host: HostSafety.Host

  init() throws {
    folder.makeFirstProcess()
    // A driver that is part of the kernel, on a bus that takes no device away.
    for file in ["bind", "unbind"] { folder.file("sys/bus/toy/drivers/toy/\(file)", "") }
    folder.link("sys/bus/toy/drivers/toy/module", to: "../../../../module/toy")
    folder.make("sys/module/toy")
    folder.file("sys/devices/virtual/workqueue/cpumask", "3\n")
    folder.file("sys/devices/toy0/uevent", "")
    folder.link("sys/devices/toy0/subsystem", to: "../../bus/toy")
    folder.link("sys/devices/toy0/driver", to: "../../bus/toy/drivers/toy")
    folder.link("sys/bus/toy/devices/toy0", to: "../../../devices/toy0")
    folder.link("sys/bus/toy/drivers/toy/toy0", to: "../../../../devices/toy0")
    host = HostSafety.Host(
      sys: try folder.directory("sys"), proc: try folder.directory("proc"),
      dev: "\(folder.path)/dev", actions: KernelActions())
  }

  /// What of each race would be, by its id: nil where it would run.
  private func plan(
    _ target: String = "toy/toy0", patterns: [String]? = nil, denied: [String] = []
  ) throws -> [String: String?] {
    var options = RunOptions()
    options.targets = [try Target(target)]
    options.patterns = try patterns?.map { name in
      try #require(Catalog.patterns(named: name)?.first)
    }
    options.lists = DeviceLists(deny: try denied.map { try Target($0) })
    let blank = RunResult(
      run: "1", seed: 1, kernelRelease: "6.12", kernelVersion: "#1", level: .sysfs)
    let run = Run(
      options, blank: blank, host: host,
      observer: RunObserver(
        progress: { _ in }, note: { _ in }, isInterrupted: { false }, evidence: { _, _, _ in }))
    return Dictionary(
      uniqueKeysWithValues: try run.dryRun().patterns.map { ($0.id, $0.skipReason) })
  }

  @Test("what cannot fit the target is left out, as a run leaves it out")
  func unfit() throws {
    let plan = try plan()
    #expect(plan.values.allSatisfy { $0 == nil }, "\(plan)")
    #expect(plan.keys.contains("B1") && plan.keys.contains("B2"))
    // It cannot be taken away, loaded again, or made asynchronous.
    #expect(
      Set(plan.keys).isDisjoint(with: ["A1", "A2", "B5", "R1", "D4"]), "\(plan.keys.sorted())")
  }

  @Test("a race that is named says why it would not run")
  func named() throws {
    let plan = try plan(patterns: ["B1", "A2", "B5"])
    #expect(plan["B1"] == .some(nil))
    #expect(plan["A2"] == "the driver toy is part of the kernel and cannot be loaded again")
    #expect(
      plan["B5"] == "the bus toy has no way to remove a device and find it again")
  }

  @Test("what is denied or in use would not be raced at all")
  func refused() throws {
    let reason = try #require(try plan(denied: ["toy/toy0"])["B1"]) ?? ""
    #expect(reason.contains("is on the deny list"))
    folder.link("sys/dev/block/8:0", to: "../../devices/toy0/block/sda")
    folder.file("sys/devices/toy0/block/sda/uevent", "")
    folder.file(
      "proc/1/mountinfo", "22 1 8:0 / /mnt rw - ext4 /dev/sda rw\n")
    let used = try plan()
    #expect(used.count == Catalog.patterns.count)
    #expect(used.values.allSatisfy { $0?.hasPrefix("in use: ") ?? false }, "\(used)")
  }

  @Test("what bindrace cannot make here would not be raced either")
  func provider() throws {
    folder.file("sys/module/scsi_debug/initstate", "live\n")
    let plan = try plan("provider:scsi_debug")
    #expect(
      plan.values.allSatisfy { $0 == "scsi_debug is already loaded by somebody else" }, "\(plan)")
    #expect(plan.count > 5)
  }
}
