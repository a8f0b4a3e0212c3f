import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// A change is on disk before it is made, and the file says only what is still to put back.
@Suite struct LedgerTests {
  let mock = MockHost()
  let mask = Change.attribute(
    AttributeChange(path: "mask", old: "f", new: "1", format: .mask))

  private func stored(_ run: String = "run-1") -> LedgerText? {
    mock.tree.text("ledger/\(run)").map { LedgerText(Array($0.utf8)) }
  }

  @Test func aRecordedChangeIsInTheFile() throws {
    let ledger = try mock.ledger()
    #expect(try ledger.record(mask) == mask)
    let text = try #require(stored())
    #expect(text.entries.map(\.change) == [mask])
    #expect(text.header?.boot == "boot-1")
    #expect(text.header?.run == "run-1")
    #expect(text.header?.process == ProcessIdentity(pid: 100, start: 5000))
    #expect(!text.isDamaged)
  }

  @Test func theFolderIsForRootAlone() throws {
    _ = try mock.ledger()
    var status = stat()
    unsafe stat(mock.folder, &status)
    #expect(status.st_mode & 0o777 == 0o700)
    unsafe stat("\(mock.folder)/run-1", &status)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func theOldestValueOfAThingStays() throws {
    let ledger = try mock.ledger()
    try ledger.record(mask)
    let before = mock.tree.text("ledger/run-1")
    // A widener reads back what the one before it wrote, and would note that as the old value.
    let again = Change.attribute(
      AttributeChange(path: "mask", old: "1", new: "1", format: .mask))
    #expect(try ledger.record(again) == mask)
    #expect(mock.tree.text("ledger/run-1") == before)
  }

  @Test func everyValueThatTheRunWritesIsKnown() throws {
    let ledger = try mock.ledger()
    try ledger.record(mask)
    let other = Change.attribute(
      AttributeChange(path: "mask", old: "1", new: "2", format: .mask))
    try ledger.record(other)
    #expect(ledger.open.count == 1)
    guard case .attribute(let change) = stored()?.entries.first?.change else {
      Issue.record("no entry")
      return
    }
    #expect(change.old == "f")
    #expect(change.new == ["1", "2"])
  }

  @Test func aModuleUnloadedAndLoadedAgainIsOneThing() throws {
    let ledger = try mock.ledger()
    let reloaded = Change.moduleReloaded(ModuleReloadedChange("scsi-debug", instance: 1))
    try ledger.record(reloaded)
    #expect(try ledger.record(.moduleLoaded(ModuleLoadedChange("scsi_debug"))) == reloaded)
    #expect(ledger.open == [reloaded])
  }

  @Test func whatALaterRaceDoesToAModuleIsAdded() throws {
    let ledger = try mock.ledger()
    try ledger.record(
      .moduleReloaded(
        ModuleReloadedChange("m", parameters: ["a=1"], instance: 7, raced: ["/devices/a"])))
    try ledger.record(
      .moduleReloaded(
        ModuleReloadedChange(
          "m", parameters: ["a=2"], instance: 8, isMadeAsynchronous: true, raced: ["/devices/b"])))
    #expect(
      ledger.open == [
        .moduleReloaded(
          ModuleReloadedChange(
            "m", parameters: ["a=1"], instance: 7, isMadeAsynchronous: true,
            raced: ["/devices/a", "/devices/b"]))
      ])
    #expect(stored()?.entries.map(\.change) == ledger.open)
  }

  @Test func theFileGoesWhenAllIsPutBack() throws {
    let ledger = try mock.ledger()
    try ledger.record(mask)
    #expect(try !ledger.finish())
    try ledger.close(mask)
    #expect(stored()?.entries.isEmpty == true)
    #expect(try ledger.finish())
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func aThingCanBeChangedAgainAfterItWasPutBack() throws {
    let ledger = try mock.ledger()
    try ledger.record(mask)
    try ledger.close(mask)
    try ledger.record(mask)
    #expect(stored()?.entries.map(\.change) == [mask])
  }

  @Test func aRunHasOneLedger() throws {
    _ = try mock.ledger()
    let error = #expect(throws: SystemError.self) { try mock.ledger() }
    #expect(error?.errno == EEXIST)
  }
}
