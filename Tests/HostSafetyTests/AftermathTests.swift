import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// A run that is killed leaves nothing for long that the whole host feels, and nobody has to call restore.
@Suite struct AftermathTests {
  let mock = MockHost()
  let probes = Change.attribute(
    AttributeChange(path: "bus/b/drivers_autoprobe", old: "1", new: "0"))
  let udev = Change.udevQueue(UdevQueueChange())
  let log = Change.sysctl(SysctlChange(path: "kernel/printk_devkmsg", old: "ratelimit", new: "on"))
  let module = Change.moduleLoaded(ModuleLoadedChange("m"))

  init() {
    mock.tree.file("run/udev/control", "")
    mock.tree.file("sys/bus/b/drivers_autoprobe", "0\n")
    mock.tree.file("proc/sys/kernel/printk_devkmsg", "on\n")
    mock.addModule("m")
  }

  private func aftermath(
    patience: Duration = .seconds(1000), limit: Duration = .seconds(1000)
  ) throws -> Aftermath {
    try Aftermath(
      run: "run-1", folder: mock.folder, host: try mock.host, patience: patience, limit: limit)
  }

  /// A step that does something or ends: what other tests start holds the ledger for an instant.
  private func act(_ aftermath: Aftermath) -> Bool {
    let before = mock.done
    for _ in 0..<1000 {
      if aftermath.step() { return true }
      if mock.done != before { return false }
      usleep(10_000)
    }
    return false
  }

  /// Alone with the ledger, as soon as nothing that other tests start holds it.
  private func alone() throws -> LedgerHold {
    let folder = try Directory(mock.folder)
    for _ in 0..<1000 {
      if let hold = try LedgerHold.alone(of: "run-1", in: folder) { return hold }
      usleep(10_000)
    }
    throw SystemError("flock", "run-1", EWOULDBLOCK)
  }

  private var open: [Change] { get throws { try mock.restore.ledgers().flatMap(\.open) } }

  @Test func aRunThatLivesIsLeftToItself() throws {
    try mock.leave(udev, probes)
    let aftermath = try aftermath()
    #expect(!aftermath.step())
    #expect(mock.done == [])
    #expect(try open == [udev, probes])
  }

  @Test func whatTheHostFeelsIsPutBackAndNothingElse() throws {
    try mock.leave(module, udev, probes, log)
    mock.endProcess(100)
    let aftermath = try aftermath()
    #expect(act(aftermath))
    #expect(
      mock.done == [
        "write proc/sys/kernel/printk_devkmsg ratelimit", "write sys/bus/b/drivers_autoprobe 1",
        "udev queue run/udev/control runs",
      ])
    #expect(try open == [module])
    // And the rest is restore's.
    #expect(try mock.runRestore().isRestored)
    #expect(mock.done.last == "unload m")
  }

  @Test func aUdevdThatIsGoneIsNotLookedFor() throws {
    mock.tree.remove("run/udev/control")
    try mock.leave(udev)
    mock.endProcess(100)
    let aftermath = try aftermath()
    #expect(act(aftermath))
    #expect(mock.done == [])
    #expect(try open == [])
  }

  @Test func whatTheRunLeftAtWorkIsWaitedForButNotForLong() throws {
    try mock.leave(udev)
    mock.endProcess(100)
    let verb = try LedgerHold("run-1", in: try Directory(mock.folder))
    let patient = try aftermath()
    #expect(!patient.step())
    #expect(mock.done == [])
    let impatient = try aftermath(patience: .zero)
    #expect(act(impatient))
    #expect(mock.done == ["udev queue run/udev/control runs"])
    withExtendedLifetime(verb) {}
  }

  @Test func aRestoreAtWorkIsLeftToItself() throws {
    try mock.leave(udev)
    mock.endProcess(100)
    var restore: LedgerHold? = try alone()
    #expect(restore != nil)
    let aftermath = try aftermath(patience: .zero)
    #expect(!aftermath.step())
    #expect(mock.done == [])
    // It ends without having come to it.
    restore = nil
    #expect(act(aftermath))
    #expect(mock.done == ["udev queue run/udev/control runs"])
  }

  @Test func aRestoreWaitsForIt() throws {
    try mock.leave(udev)
    let hold = try alone()
    let report = try mock.restoreAfterCrash()
    #expect(report.errors.map(\.errno) == [ETIMEDOUT])
    withExtendedLifetime(hold) {}
  }

  @Test func whatSomebodyElseChangedIsForRestoreToTell() throws {
    mock.tree.file("proc/sys/kernel/printk_devkmsg", "off\n")
    try mock.leave(log)
    mock.endProcess(100)
    let aftermath = try aftermath()
    #expect(act(aftermath))
    #expect(mock.done == [])
    #expect(try open == [log])
  }

  @Test func whatFailsIsTriedAgainButNotForEver() throws {
    mock.fail("udev queue run/udev/control runs", ETIMEDOUT, ETIMEDOUT, ETIMEDOUT)
    try mock.leave(udev, probes)
    mock.endProcess(100)
    let aftermath = try aftermath()
    #expect(!act(aftermath))
    #expect(try open == [udev], "the others are put back all the same")
    let last = try self.aftermath(limit: .zero)
    #expect(act(last))
    #expect(!act(aftermath))
    #expect(!act(aftermath))
    #expect(act(aftermath))
    #expect(try open == [])
  }

  @Test func aRunThatPutBackEverythingLeavesNothingToDo() throws {
    let ledger = try mock.ledger()
    try ledger.record(udev)
    try ledger.close(udev)
    let aftermath = try aftermath()
    #expect(act(aftermath))
    #expect(try ledger.finish())
    #expect(act(aftermath))
    #expect(mock.done == [])
  }

  @Test func nothingIsWrittenByTheLedgerOfAnotherBoot() throws {
    try mock.leave(udev, probes)
    mock.endProcess(100)
    mock.tree.file("proc/sys/kernel/random/boot_id", "boot-2\n")
    let aftermath = try aftermath()
    #expect(act(aftermath))
    #expect(mock.done == [])
  }

  @Test func whereNobodyCanStandByNothingThatTheHostFeelsIsRecorded() throws {
    let ledger = try Ledger(
      run: "run-1", folder: mock.folder, proc: try mock.proc,
      survivor: Survivor(run: "run-1", folder: mock.folder, program: "/nowhere/bindrace"))
    for change in [udev, probes, log] {
      let error = #expect(throws: SystemError.self) { try ledger.record(change) }
      #expect(error?.errno == ENOENT)
      #expect(error?.object == "what puts the host back after a kill")
    }
    try ledger.record(module)
    #expect(try open == [module])
  }

  @Test func oneThatDoesNotGetReadyDoesNotStandBy() throws {
    let survivor = Survivor(run: "run-1", folder: mock.folder, program: "/bin/true")
    let error = #expect(throws: SystemError.self) { try survivor.standBy() }
    #expect(error?.reason == "it ended at once")
  }
}
