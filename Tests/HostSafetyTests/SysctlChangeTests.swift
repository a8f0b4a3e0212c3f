import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// A setting below /proc/sys goes back, and only where it is still what the run wrote.
@Suite struct SysctlChangeTests {
  let mock = MockHost()
  let change = SysctlChange(path: "kernel/printk_devkmsg", old: "ratelimit", new: "on")

  private func undo() throws -> Outcome {
    let ledger = try mock.ledger()
    try ledger.record(.sysctl(change))
    return try #require(ledger.restoreAll(on: try mock.host).first).outcome
  }

  private func set(_ value: String) {
    mock.tree.file("proc/sys/kernel/printk_devkmsg", value + "\n")
  }

  @Test("what the run wrote is written over with the old value")
  func restored() throws {
    set("on")
    #expect(try undo() == .restored)
    #expect(mock.tree.text("proc/sys/kernel/printk_devkmsg") == "ratelimit\n")
  }

  @Test("a value that is right, or somebody else's, is left")
  func left() throws {
    set("ratelimit")
    #expect(try undo() == .alreadyRight)
    set("off")
    let other = try mock.ledger("run-2")
    try other.record(.sysctl(change))
    #expect(
      other.restoreAll(on: try mock.host).map(\.outcome) == [
        .leftAlone("it is \"off\", changed by somebody else")
      ])
    #expect(mock.done == [])
  }

  @Test("a kernel without the setting has nothing to put back")
  func gone() throws {
    #expect(try undo() == .gone)
  }

  @Test("after a crash it is read from the ledger")
  func crashed() throws {
    set("on")
    try mock.ledger().record(.sysctl(change))
    let report = try mock.restoreAfterCrash()
    #expect(report.steps.map(\.change) == [.sysctl(change)])
    #expect(report.isRestored)
    #expect(mock.tree.text("proc/sys/kernel/printk_devkmsg") == "ratelimit\n")
  }
}
