import DriverModel
import HostSafety
import TemporaryFolder
import Testing

@testable import Races

/// What is noted and written of the mask on made-up hosts.
@Suite struct IsolatedMaskTests {
  private let folder = TemporaryFolder()
  private let file = "sys/devices/virtual/workqueue/cpumask"

  init() {
    folder.file("proc/sys/kernel/random/boot_id", "boot-1\n")
    folder.file("proc/self/stat", "1 (a) S 1" + String(repeating: " 0", count: 17) + " 5000 0\n")
    show("f", requested: "f", isolated: "0")
  }

  private func show(_ mask: String, requested: String, isolated: String) {
    folder.file(file, mask + "\n")
    folder.file(file + "_requested", requested + "\n")
    folder.file(file + "_isolated", isolated + "\n")
  }

  private var sysfs: Sysfs { get throws { Sysfs(root: try folder.directory("sys")) } }

  private func ledger() throws -> Ledger {
    try Ledger(run: "run-1", folder: "\(folder.path)/ledger", proc: folder.directory("proc"))
  }

  @Test("a mask that no write could put back is neither noted nor narrowed")
  func isolated() throws {
    show("7", requested: "f", isolated: "8")
    let ledger = try ledger()
    #expect(throws: RunStop.self) { try WorkqueueMask(sysfs, ledger: ledger) }
    #expect(ledger.open.isEmpty)
    #expect(folder.text(file) == "7\n")
    #expect(try WorkqueueMask.obstacle(sysfs)?.contains("cpuset partition") ?? false)
  }

  @Test("what somebody asked for after the isolation is one mask, and narrowed")
  func asked() throws {
    show("f", requested: "f", isolated: "8")
    let mask = try WorkqueueMask(sysfs, ledger: try ledger())
    try mask.narrow()
    #expect(folder.text(file) == WorkqueueMask.mask(of: mask.cpu) + "\n")
    try mask.restore()
    #expect(folder.text(file) == "f\n")
  }

  @Test("CPUs that are isolated in the midst of a run end the narrowing", arguments: ["7", "f"])
  func meanwhile(mask now: String) throws {
    let mask = try WorkqueueMask(sysfs, ledger: try ledger())
    _ = try mask.narrowing
    show(now, requested: "f", isolated: "8")
    #expect(throws: RunStop.self) { try mask.narrow() }
    #expect(throws: RunStop.self) { try mask.narrowing }
    #expect(folder.text(file) == now + "\n")
  }

  @Test("a kernel that has no other mask beside it is narrowed as ever")
  func old() throws {
    for name in ["requested", "isolated"] { folder.remove("\(file)_\(name)") }
    try WorkqueueMask(sysfs, ledger: try ledger()).narrow()
    #expect(folder.text(file) != "f\n")
  }
}
