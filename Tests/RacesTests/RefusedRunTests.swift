import DriverModel
import Evidence
import HostSafety
import TemporaryFolder
import Testing

@testable import Races

/// A run in which nothing may be raced is over before anything is recorded.
@Suite struct RefusedRunTests {
  private let folder = TemporaryFolder()
  private let host: HostSafety.Host

  init() throws {
    folder.makeFirstProcess()
    folder.make("sys/bus")
    for disk in ["0:0:0:0", "1:0:0:0"] {
      folder.file("sys/devices/x/\(disk)/uevent", "")
      folder.link("sys/devices/x/\(disk)/subsystem", to: "../../../bus/scsi")
      folder.link("sys/bus/scsi/devices/\(disk)", to: "../../../devices/x/\(disk)")
    }
    host = HostSafety.Host(
      sys: try folder.directory("sys"), proc: try folder.directory("proc"),
      dev: "\(folder.path)/dev", actions: KernelActions())
  }

  /// Why each is refused; nil where something is raced.
  private func reasons(
    _ targets: String..., denied: String..., by pattern: String = "unbind-rebind"
  ) throws -> [String?]? {
    var options = RunOptions()
    options.targets = try targets.map { try Target($0) }
    options.patterns = [try #require(Catalog.patterns.first { $0.name == pattern })]
    options.lists = DeviceLists(deny: try denied.map { try Target($0) })
    let run = Run(
      options,
      blank: RunResult(
        run: "1", seed: 1, kernelRelease: "6.12", kernelVersion: "#1", level: .sysfs),
      host: host,
      observer: RunObserver(
        progress: { _ in }, note: { _ in }, isInterrupted: { false }, evidence: { _, _, _ in }))
    return try run.refusedRows(run.plan())?.map(\.skipReason)
  }

  @Test("where all are denied each says why")
  func denied() throws {
    let reasons = try reasons(
      "scsi/0:0:0:0", "scsi/1:0:0:0", denied: "scsi/0:0:0:0", "scsi/1:0:0:0")
    #expect(reasons?.count == 2)
    #expect(
      reasons?.allSatisfy { $0?.contains("is on the deny list") == true } == true,
      "\(reasons ?? [])")
  }

  @Test("one that may be raced is enough for a race, and so is one that bindrace makes itself")
  func allowed() throws {
    #expect(try reasons("scsi/0:0:0:0", "scsi/1:0:0:0", denied: "scsi/0:0:0:0") == nil)
    #expect(try reasons("scsi/0:0:0:0", "provider:scsi_debug", denied: "scsi/0:0:0:0") == nil)
  }

  @Test("what a provider has nothing for is no reason to record either")
  func unfit() throws {
    let reasons = try reasons("provider:uhid", by: "hotplug-async")
    #expect(reasons?.count == 1 && reasons?.first != .some(nil), "\(reasons ?? [])")
  }
}
