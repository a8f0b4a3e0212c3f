import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// Whatever ended a run, the next restore puts the host back, once, and only what the run changed.
@Suite struct RestoreTests {
  let mock = MockHost()

  private func attribute(_ name: String, old: String, new: String) -> Change {
    .attribute(AttributeChange(path: name, old: old, new: new))
  }

  /// A run that was killed after it changed these.
  private func leave(_ names: String...) throws {
    let ledger = try mock.ledger()
    for name in names {
      mock.tree.file("sys/\(name)", "new\n")
      try ledger.record(attribute(name, old: "old", new: "new"))
    }
  }

  @Test func aCrashedRunIsPutBackLastChangeFirst() throws {
    try leave("a", "b", "c")
    let report = try mock.restoreAfterCrash()
    #expect(mock.done == ["write sys/c old", "write sys/b old", "write sys/a old"])
    #expect(report.steps.map(\.outcome) == [.restored, .restored, .restored])
    #expect(report.steps.allSatisfy { $0.run == "run-1" })
    #expect(report.isRestored)
    #expect(mock.tree.names("ledger") == [])
  }

  @Test(arguments: [(patience: Duration.zero, isRestored: false), (.seconds(20), true)])
  func whatIsInUseForAMomentIsPutBackAfterIt(patience: Duration, isRestored: Bool) throws {
    let mock = MockHost(usePatience: patience)
    mock.addModule("m")
    mock.fail("unload m", EBUSY, EBUSY, EBUSY)
    try mock.leave(.moduleLoaded(ModuleLoadedChange("m")))
    #expect(try mock.restoreAfterCrash().isRestored == isRestored)
    #expect(mock.tree.exists("sys/module/m") != isRestored)
  }

  @Test func aCrashBeforeTheWriteNeedsNone() throws {
    mock.tree.file("sys/a", "old\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    let report = try mock.restoreAfterCrash()
    #expect(report.steps.map(\.outcome) == [.alreadyRight])
    #expect(mock.done == [])
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func whatSomebodyElseChangedIsLeftAloneAndReported() throws {
    mock.tree.file("sys/a", "theirs\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    let report = try mock.restoreAfterCrash()
    guard case .leftAlone(let reason) = report.steps.first?.outcome else {
      Issue.record("\(report)")
      return
    }
    #expect(reason.contains("theirs"))
    #expect(mock.done == [])
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func anotherBootIsClosedWithoutAWrite() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    mock.tree.file("proc/sys/kernel/random/boot_id", "boot-2\n")
    // A process of the same number and start can well be there after a boot.
    let report = try mock.runRestore()
    #expect(report.steps.map(\.outcome) == [.expired])
    #expect(mock.done == [])
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func aLiveRunIsLeftAlone() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    let report = try mock.runRestore()
    #expect(report.live == ["run-1"])
    #expect(report.steps == [])
    #expect(mock.tree.names("ledger") == ["run-1"])
  }

  @Test func anotherProcessOfTheSameNumberIsNotTheRun() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    mock.setOwnProcess(pid: 100, start: 6000)
    #expect(try mock.runRestore().steps.map(\.outcome) == [.restored])
  }

  @Test func aZombieIsNotTheRun() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    mock.setOwnProcess(pid: 100, start: 5000, state: "Z")
    #expect(try mock.runRestore().steps.map(\.outcome) == [.restored])
  }

  @Test func theLastOfTwoRunsIsPutBackFirst() throws {
    mock.tree.file("sys/a", "2\n")
    // Names sort the other way.
    try mock.ledger("z-first").record(attribute("a", old: "0", new: "1"))
    try mock.ledger("a-second").record(attribute("a", old: "1", new: "2"))
    let report = try mock.restoreAfterCrash()
    #expect(report.steps.map(\.run) == ["a-second", "z-first"])
    #expect(mock.done == ["write sys/a 1", "write sys/a 0"])
  }

  @Test func twiceDoesNoHarm() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    _ = try mock.restoreAfterCrash()
    // Set again by somebody who wants it so.
    mock.tree.file("sys/a", "new\n")
    let report = try mock.runRestore()
    #expect(report == Restore.Report())
    #expect(mock.tree.text("sys/a") == "new\n")
  }

  @Test func aFailureStopsNothingAndStaysOpen() throws {
    try leave("a", "b", "c")
    mock.fail("write sys/b old", EIO, EIO)
    let report = try mock.restoreAfterCrash()
    #expect(!report.isRestored)
    #expect(report.steps.map(\.outcome.isFailure) == [false, true, false])
    #expect(try mock.restore.ledgers().map(\.open) == [[attribute("b", old: "old", new: "new")]])
    // What is done with is not done again, whatever became of it since.
    mock.tree.file("sys/a", "new\n")
    #expect(try mock.runRestore().isRestored)
    #expect(mock.tree.text("sys/a") == "new\n")
    #expect(mock.tree.text("sys/b") == "old\n")
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func whatFailedIsTriedAgainAfterAllOthers() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    mock.fail("write sys/a old", EBUSY)
    #expect(try mock.restoreAfterCrash().steps.map(\.outcome) == [.restored])
  }

  @Test func aWriteThatTimedOutIsNotRepeated() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    mock.fail("write sys/a old", ETIMEDOUT, ETIMEDOUT)
    #expect(try !mock.restoreAfterCrash().isRestored)
    #expect(mock.done == ["write sys/a old"])
  }

  @Test func aLedgerCutOffIsReadAsFarAsItGoesAndKeptAside() throws {
    try leave("a", "b")
    let text = try #require(mock.tree.text("ledger/run-1"))
    mock.tree.file("ledger/run-1", String(text.dropLast(7)))
    let report = try mock.restoreAfterCrash()
    #expect(mock.done == ["write sys/a old"])
    #expect(report.damaged == ["\(mock.folder)/run-1.damaged"])
    #expect(mock.tree.names("ledger") == ["run-1.damaged"])
    #expect(try mock.runRestore() == Restore.Report())
  }

  @Test func aDamagedLineDoesNotHideTheNext() throws {
    try leave("a", "b")
    let text = try #require(mock.tree.text("ledger/run-1"))
    mock.tree.file("ledger/run-1", text.replacing("open\t1\tattribute", with: "op%n\t1\t"))
    _ = try mock.restoreAfterCrash()
    #expect(mock.done == ["write sys/b old"])
    #expect(mock.tree.names("ledger") == ["run-1.damaged"])
  }

  @Test func aDamagedLedgerStaysUntilItsEntriesArePutBack() throws {
    try leave("a", "b")
    mock.tree.file("ledger/run-1", try #require(mock.tree.text("ledger/run-1")) + "open\t3")
    mock.fail("write sys/a old", EIO, EIO)
    #expect(try !mock.restoreAfterCrash().isRestored)
    #expect(mock.tree.names("ledger") == ["run-1"])
    // What is done with was noted on a line of its own.
    mock.tree.file("sys/b", "new\n")
    #expect(try mock.runRestore().steps.map(\.outcome) == [.restored])
    #expect(mock.tree.text("sys/b") == "new\n")
    #expect(mock.tree.names("ledger") == ["run-1.damaged"])
  }

  @Test func aLedgerOfAnUnknownBootWritesNothing() throws {
    mock.tree.file("sys/a", "new\n")
    try mock.ledger().record(attribute("a", old: "old", new: "new"))
    let text = try #require(mock.tree.text("ledger/run-1"))
    mock.tree.file("ledger/run-1", text.replacing("boot\t", with: "bo%t\t"))
    let report = try mock.restoreAfterCrash()
    #expect(!report.isRestored)
    #expect(mock.done == [])
    #expect(mock.tree.names("ledger") == ["run-1.damaged"])
  }

  @Test func anEmptyLedgerIsOfARunThatChangedNothing() throws {
    mock.tree.file("ledger/run-1", "")
    #expect(try mock.runRestore().isRestored)
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func noFolderIsNothingToDo() throws {
    #expect(try mock.runRestore() == Restore.Report())
    #expect(!mock.tree.exists("ledger"))
  }

  @Test func aListChangesNothing() throws {
    mock.tree.file("sys/a", "new\n")
    let change = attribute("a", old: "old", new: "new")
    try mock.ledger().record(change)
    mock.endProcess(100)
    let ledgers = try mock.restore.ledgers()
    #expect(ledgers.map(\.run) == ["run-1"])
    #expect(ledgers.map(\.open) == [[change]])
    #expect(ledgers.map(\.state) == [.left])
    #expect(mock.done == [])
    #expect(mock.tree.names("ledger") == ["run-1"])
  }

  @Test func aRunPutsItselfBack() throws {
    mock.tree.file("sys/a", "new\n")
    let ledger = try mock.ledger()
    try ledger.record(attribute("a", old: "old", new: "new"))
    #expect(ledger.restoreAll(on: try mock.host).map(\.outcome) == [.restored])
    #expect(ledger.open == [])
    #expect(try ledger.finish())
    #expect(mock.tree.names("ledger") == [])
  }

  // What a killed run left at work

  @Test func whatARunLeftAtWorkIsWaitedFor() throws {
    try leave("a")
    var hold: LedgerHold? = try LedgerHold("run-1", in: try Directory(mock.folder))
    mock.endProcess(100)
    var notes: [String] = []
    let report = try mock.restore.run(
      holding: try HostLock("\(mock.tree.path)/lock"),
      observer: RestoreObserver(note: {
        notes.append($0)
        hold = nil
      }))
    #expect(hold == nil)
    #expect(notes == ["waiting for what the run run-1 left at work"])
    #expect(report.isRestored && mock.tree.names("ledger") == [])
  }

  @Test func whereThatDoesNotEndAllIsPutBackAndStaysOpen() throws {
    try leave("a")
    let hold = try LedgerHold("run-1", in: try Directory(mock.folder))
    let report = try mock.restoreAfterCrash()
    withExtendedLifetime(hold) {}
    #expect(mock.tree.text("sys/a") == "old\n")
    #expect(!report.isRestored)
    #expect(report.errors.map(\.errno) == [ETIMEDOUT])
    #expect(try mock.restore.ledgers().map(\.open.count) == [1])
  }

  @Test func whatTheHostFeelsDoesNotWaitForWhatHangs() throws {
    mock.tree.file("run/udev/control", "")
    mock.addModule("m")
    try mock.leave(.udevQueue(UdevQueueChange()), .moduleLoaded(ModuleLoadedChange("m")))
    let hold = try LedgerHold("run-1", in: try Directory(mock.folder))
    _ = try mock.restoreAfterCrash()
    withExtendedLifetime(hold) {}
    #expect(mock.done.first == "udev queue run/udev/control runs")
    #expect(mock.done.contains("unload m"))
  }

  @Test func udevdGoesOnWhenWhatItCouldOpenIsTakenAway() throws {
    mock.tree.file("run/udev/control", "")
    for module in ["m", "n"] { mock.addModule(module) }
    mock.fail("unload n", EBUSY)
    try mock.leave(
      .moduleLoaded(ModuleLoadedChange("m")), .udevQueue(UdevQueueChange()),
      .moduleLoaded(ModuleLoadedChange("n")))
    #expect(try mock.restoreAfterCrash().isRestored)
    #expect(
      mock.done == ["unload n", "unload m", "unload n", "udev queue run/udev/control runs"])
  }

  /// A run that was killed with devices that it made, on a host with udevd.
  private func leaveMadeDevices() throws {
    mock.tree.file("run/udev/control", "")
    mock.addModule("m")
    try mock.leave(.moduleLoaded(ModuleLoadedChange("m", maker: "m")))
  }
  private let stands = "udev queue run/udev/control stands"
  private let goesOn = "udev queue run/udev/control runs"

  @Test func udevdOpensNoneOfTheDevicesThatAreTakenAway() throws {
    try leaveMadeDevices()
    #expect(try mock.restoreAfterCrash().isRestored)
    #expect(mock.done == [stands, "unload m", goesOn])
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func udevdGoesOnWhereTheyCouldNotBeTakenAway() throws {
    try leaveMadeDevices()
    mock.fail("unload m", ETIMEDOUT)
    #expect(try !mock.restoreAfterCrash().isRestored)
    #expect(mock.done == [stands, "unload m", goesOn])
    #expect(mock.tree.names("ledger") == ["run-1"])
  }

  @Test func whereUdevdDoesNotStandThatIsTriedAllTheSame() throws {
    try leaveMadeDevices()
    mock.fail(stands, ETIMEDOUT)
    #expect(try mock.restoreAfterCrash().isRestored)
    #expect(mock.done == [stands, "unload m", goesOn])
  }

  @Test func whereUdevdDoesNotGoOnTheNextRestoreSeesToIt() throws {
    try leaveMadeDevices()
    // Once when the devices are gone, and once at the end.
    mock.fail(goesOn, ETIMEDOUT, ETIMEDOUT)
    let report = try mock.restoreAfterCrash()
    #expect(report.failures.isEmpty && report.errors.map(\.errno) == [ETIMEDOUT])
    #expect(mock.tree.names("ledger") == ["restore-run-1"])
    mock.setOwnProcess(pid: 101, start: 6000)
    #expect(try mock.runRestore().isRestored)
    #expect(mock.done == [stands, "unload m", goesOn, goesOn, goesOn])
    #expect(mock.tree.names("ledger") == [])
  }

  @Test func aRunKeepsUdevdFromThemTooAndForEachAttemptAlone() throws {
    mock.tree.file("run/udev/control", "")
    mock.addModule("m")
    mock.fail("unload m", EBUSY)
    let ledger = try mock.ledger()
    try ledger.record(.moduleLoaded(ModuleLoadedChange("m", maker: "m")))
    #expect(ledger.restoreAll(on: try mock.host).map(\.outcome) == [.restored])
    #expect(mock.done == [stands, "unload m", goesOn, stands, "unload m", goesOn])
    #expect(ledger.open == [])
  }

  @Test func aRunAfterWhichUdevdDoesNotGoOnHasNotPutItBack() throws {
    mock.tree.file("run/udev/control", "")
    mock.addModule("m")
    mock.fail(goesOn, ETIMEDOUT, ETIMEDOUT)
    let ledger = try mock.ledger()
    try ledger.record(.moduleLoaded(ModuleLoadedChange("m", maker: "m")))
    let steps = ledger.restoreAll(on: try mock.host)
    #expect(steps.map(\.outcome.isFailure) == [false, true])
    #expect(steps.last?.change == .udevQueue(UdevQueueChange()))
    #expect(ledger.open == [.udevQueue(UdevQueueChange())])
  }

  @Test func whereThatCannotBeNotedUdevdIsLeftAlone() throws {
    try leaveMadeDevices()
    mock.endProcess(100)
    mock.setOwnProcess(pid: 101, start: 6000)
    let other = try mock.ledger("restore-run-1")
    #expect(try mock.runRestore().isRestored)
    #expect(mock.done == ["unload m"])
    #expect(mock.tree.names("ledger") == ["restore-run-1"])
    withExtendedLifetime(other) {}
  }

  // Ledgers that cannot be read

  @Test func aLedgerOfALaterVersionIsKeptAside() throws {
    try leave("a")
    let text = try #require(mock.tree.text("ledger/run-1"))
    mock.tree.file("ledger/run-1", text.replacing("bindrace-ledger\t1", with: "bindrace-ledger\t2"))
    let report = try mock.restoreAfterCrash()
    #expect(
      report.errors.map(\.reason).first?.contains("a later bindrace wrote it (version 2)") == true)
    #expect(!report.isRestored && mock.done == [])
    #expect(mock.tree.names("ledger") == ["run-1.newer"])
    #expect(try mock.runRestore() == Restore.Report())
  }

  /// A reset in the midst of the first write: nothing can have been changed before it ended.
  @Test func aLedgerWithHalfAHeaderIsOfARunThatChangedNothing() throws {
    mock.tree.file("ledger/run-1", "bindrace-ledger\t1\nboot\tboot-1\nru")
    let report = try mock.runRestore()
    #expect(report.isRestored)
    #expect(report.damaged == ["\(mock.folder)/run-1.damaged"])
  }

  @Test func bytesThatAreNoLedgerAreKeptAsideAndSaid() throws {
    mock.tree.file("ledger/run-1", "\0\0\0\0\n")
    let report = try mock.runRestore()
    #expect(report.errors.count == 1)
    #expect(mock.tree.names("ledger") == ["run-1.damaged"])
  }

  @Test func aLedgerThatCannotBeReadHidesNoOther() throws {
    try leave("a")
    mock.tree.make("ledger/run-2")
    let report = try mock.restoreAfterCrash()
    #expect(report.errors.map(\.errno) == [EISDIR])
    #expect(mock.tree.text("sys/a") == "old\n")
    #expect(mock.tree.names("ledger") == ["run-2"])
  }

  @Test func aFolderThatIsNoneIsAnError() throws {
    mock.tree.file("ledger", "")
    #expect(try mock.runRestore().errors.map(\.errno) == [ENOTDIR])
  }

  @Test func whatWasKeptAsideIsNotWrittenOver() throws {
    mock.tree.file("ledger/run-1.damaged", "first")
    mock.tree.file("ledger/run-1", "second\n")
    _ = try mock.runRestore()
    #expect(mock.tree.text("ledger/run-1.damaged") == "first")
    #expect(mock.tree.text("ledger/run-1.damaged.2") == "second\n")
  }

  // Step by step

  @Test func aStepIsToldAsSoonAsItIsDone() throws {
    try leave("a", "b", "c")
    mock.endProcess(100)
    var told: [[String]] = []
    let mock = mock
    let report = try mock.restore.run(
      holding: try HostLock("\(mock.tree.path)/lock"),
      observer: RestoreObserver(step: { _ in told.append(mock.done) }))
    #expect(told.map(\.count) == [1, 2, 3])
    #expect(report.steps.count == 3)
  }

  @Test func interruptedItEndsAfterTheStepAndTheRestStays() throws {
    try leave("a", "b", "c")
    mock.endProcess(100)
    let mock = mock
    let report = try mock.restore.run(
      holding: try HostLock("\(mock.tree.path)/lock"),
      observer: RestoreObserver(isInterrupted: { !mock.done.isEmpty }))
    #expect(mock.done == ["write sys/c old"])
    #expect(report.failures.map(\.change.description) == ["b was \"old\"", "a was \"old\""])
    #expect(try mock.runRestore().isRestored)
    #expect(mock.tree.text("sys/a") == "old\n")
  }
}
