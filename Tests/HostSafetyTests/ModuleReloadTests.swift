import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// A module that the run unloads and loads again is at the end as it was loaded before, from whatever
/// state it is in, and is never taken from anybody else.
@Suite struct ModuleReloadTests {
  let mock = MockHost()

  /// The module "m" with the driver "one", which the device d0 has.
  init() {
    mock.setDefaults(of: "m", ["depth": "1", "label": "(null)"])
    mock.addDevice(driver: "one")
    mock.addModule("m", parameters: ["depth": "1", "label": "(null)"], driver: "one")
  }

  private func change(asynchronous: Bool = false, allowsUse: Bool = false) throws
    -> ModuleReloadedChange
  {
    var change = try ModuleReloadedChange("m", sys: try mock.host.sys)
    change.isMadeAsynchronous = asynchronous
    change.allowsUse = allowsUse
    change.raced = ["/devices/d0"]
    return change
  }

  /// The folder is another one from now on, as after a reload; files have no numbers that never recur.
  private func reloaded(_ change: ModuleReloadedChange) -> ModuleReloadedChange {
    var change = change
    change.instance += 1 << 40
    return change
  }

  private func undo(_ change: ModuleReloadedChange) throws -> Outcome {
    let ledger = try mock.ledger()
    try ledger.record(.moduleReloaded(change))
    return try #require(ledger.restoreAll(on: try mock.host).first).outcome
  }

  private func expectFailure(_ outcome: Outcome, _ words: String...) {
    guard case .failed(let error) = outcome else {
      Issue.record("\(outcome) is no failure")
      return
    }
    for word in words { #expect(error.description.contains(word), "\(error)") }
  }

  @Test func whatIsKnownOfAModuleBeforeItIsUnloaded() throws {
    mock.addDevice("d1")
    let change = try change()
    #expect(change.parameters == ["depth=1", "label=(null)"])
    #expect(try change.instance == mock.host.sys.inode("module/m"))
    #expect(change.idle == ["/devices/d1"])
  }

  @Test func oneThatWasNotUnloadedYetIsLeftAsItIs() throws {
    #expect(try undo(change(asynchronous: true)) == .alreadyRight)
    #expect(mock.done == [])
  }

  @Test func oneThatIsUnloadedIsLoaded() throws {
    let change = try change()
    mock.tree.remove("sys/module/m")
    #expect(try undo(change) == .restored)
    #expect(mock.done == ["load m"])
  }

  @Test func oneThatTheRunMayHaveLoadedAsynchronousIsLoadedAgain() throws {
    #expect(try undo(reloaded(change(asynchronous: true))) == .restored)
    #expect(mock.done == ["unload m", "load m"])
  }

  @Test func oneThatTheRunLoadedAsItWasIsNotLoadedAgain() throws {
    #expect(try undo(reloaded(change())) == .alreadyRight)
    #expect(mock.done == [])
  }

  @Test func twiceDoesNothing() throws {
    try mock.ledger().record(.moduleReloaded(reloaded(change(asynchronous: true))))
    #expect(try mock.restoreAfterCrash().isRestored)
    let done = mock.done
    #expect(try mock.runRestore() == Restore.Report())
    #expect(mock.done == done)
  }

  @Test func aParameterThatCanBeWrittenIsWritten() throws {
    mock.tree.file("sys/module/m/parameters/depth", "9\n")
    let change = try change()
    mock.tree.remove("sys/module/m")
    #expect(try undo(change) == .restored)
    #expect(mock.done == ["load m", "write sys/module/m/parameters/depth 9"])
    #expect(mock.tree.text("sys/module/m/parameters/depth") == "9\n")
  }

  @Test func aParameterThatOnlyALoadCanGiveIsGivenByOneMore() throws {
    mock.tree.file("sys/module/m/parameters/depth", "9\n")
    let change = try reloaded(change())
    mock.tree.file("sys/module/m/parameters/depth", "1\n")
    mock.fail("write sys/module/m/parameters/depth 9", EACCES)
    #expect(try undo(change) == .restored)
    #expect(
      mock.done == [
        "unload m", "load m", "write sys/module/m/parameters/depth 9", "unload m",
        "load m depth=9",
      ])
    #expect(mock.tree.text("sys/module/m/parameters/depth") == "9\n")
  }

  @Test func aParameterThatCannotBeGivenIsNamed() throws {
    mock.tree.file("sys/module/m/parameters/count", "17\n")
    let change = try reloaded(change())
    mock.tree.remove("sys/module/m")
    mock.fail("write sys/module/m/parameters/count 17", EACCES, EACCES, EACCES, EACCES)
    expectFailure(try undo(change), "count=17")
  }

  @Test func itStaysWhereADeviceOfItIsInUse() throws {
    mock.mount()
    expectFailure(
      try undo(reloaded(change(asynchronous: true))), "/devices/d0", "/mnt", "async_probe=1")
    #expect(mock.done == [])
  }

  @Test func theUserAllowedThatItIsInUse() throws {
    mock.mount()
    #expect(try undo(reloaded(change(asynchronous: true, allowsUse: true))) == .restored)
    #expect(mock.done == ["unload m", "load m"])
  }

  @Test func itStaysWhereSomebodyElsesDeviceHasItsDriver() throws {
    let change = try reloaded(change(asynchronous: true))
    mock.addDevice("d1", driver: "one")
    expectFailure(try undo(change), "b/d1", "async_probe=1")
    #expect(mock.done == [])
  }

  @Test func itStaysWhereAnotherModuleUsesIt() throws {
    mock.fail("unload m", EBUSY, EBUSY)
    expectFailure(try undo(reloaded(change(asynchronous: true))), "async_probe=1")
    #expect(mock.tree.exists("sys/module/m"))
  }

  @Test func aDeviceWithoutADriverHasNoneAfterwards() throws {
    mock.addDevice("d1")
    let change = try change()
    mock.tree.remove("sys/module/m")
    mock.when("load m") {
      $0.bind("d1", "one")
      $0.addModule("m", driver: "one")
    }
    #expect(try undo(change) == .restored)
    #expect(mock.done == ["load m", "write sys/bus/b/drivers/one/unbind d1"])
    #expect(mock.driver("d1") == nil)
  }

  @Test func aModuleThatIsStillComingIsWaitedFor() throws {
    mock.tree.file("sys/module/m/initstate", "coming\n")
    let change = try reloaded(change())
    // It does not get there here, and then it is taken as it is.
    #expect(try undo(change) == .alreadyRight)
  }
}
