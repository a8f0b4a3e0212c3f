import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// A device goes back to the driver it had, and only if it is still that device and our change.
@Suite struct BindingTests {
  let mock = MockHost()

  private func change(_ driver: String?, raced: [String] = []) throws -> BindingChange {
    BindingChange(
      bus: "b", name: "d0", devpath: "/devices/d0", driver: driver, raced: raced,
      identity: DeviceIdentity(devpath: "/devices/d0", sys: try mock.host.sys),
      instance: try mock.host.sys.inode("devices/d0") ?? 0)
  }

  private func undo(_ change: BindingChange) throws -> Outcome {
    let ledger = try mock.ledger()
    try ledger.record(.binding(change))
    return try #require(ledger.restoreAll(on: try mock.host).first).outcome
  }

  @Test func anUnboundDeviceIsBoundAgain() throws {
    mock.addDevice()
    #expect(try undo(change("one")) == .restored)
    #expect(mock.driver() == "one")
    // Once more at the end, when all else is done.
    let bind = "write sys/bus/b/drivers/one/bind d0"
    #expect(mock.done == [bind, bind])
  }

  @Test func aDeviceThatHadNoneIsUnbound() throws {
    mock.addDevice(driver: "two")
    #expect(try undo(change(nil, raced: ["two"])) == .restored)
    #expect(mock.driver() == nil)
  }

  @Test func theOtherDriverOfTheRaceIsReplaced() throws {
    mock.addDevice(driver: "two")
    #expect(try undo(change("one", raced: ["two"])) == .restored)
    #expect(
      mock.done == [
        "write sys/bus/b/drivers/two/unbind d0", "write sys/bus/b/drivers/one/bind d0",
        "write sys/bus/b/drivers/one/bind d0",
      ])
  }

  @Test func itIsRightAlready() throws {
    mock.addDevice(driver: "one")
    #expect(try undo(change("one")) == .alreadyRight)
    #expect(Set(mock.done) == ["write sys/bus/b/drivers/one/bind d0"])
  }

  /// A probe that hangs has the link long before it ends.
  @Test func theLinkAloneDoesNotSayThatItIsBound() throws {
    mock.addDevice(driver: "one")
    mock.fail("write sys/bus/b/drivers/one/bind d0", ETIMEDOUT)
    #expect(try undo(change("one")).isFailure)
  }

  @Test func aThirdDriverIsLeftAlone() throws {
    mock.addDevice(driver: "three")
    guard case .leftAlone(let reason) = try undo(change("one", raced: ["two"])) else {
      Issue.record("not left alone")
      return
    }
    #expect(reason.contains("three"))
    #expect(mock.driver() == "three")
  }

  /// It went and came again in the run, and the kernel found a driver for it by itself.
  @Test func aThirdDriverOfADeviceThatCameAnewIsReplaced() throws {
    mock.addDevice(driver: "three")
    var change = try change("one", raced: ["two"])
    change.instance += 1
    #expect(try undo(change) == .restored)
    #expect(mock.driver() == "one")
  }

  @Test func aDeviceThatIsInUseMeanwhileKeepsItsDriver() throws {
    mock.addDevice(driver: "two")
    mock.mount()
    guard case .failed(let error) = try undo(change(nil, raced: ["two"])) else {
      Issue.record("not failed")
      return
    }
    #expect(error.reason.contains("driver two") && error.reason.contains("/mnt"))
    #expect(mock.driver() == "two")
  }

  /// What comes late at the end: a module that is loaded again binds what it matches.
  @Test func whatAnotherStepBindsIsUnboundAfterAll() throws {
    mock.addDevice()
    mock.when("load m") { $0.bind("d0", "two") }
    let ledger = try mock.ledger()
    try ledger.record(.moduleReloaded(ModuleReloadedChange("m", instance: 0)))
    try ledger.record(.binding(try change(nil, raced: ["two"])))
    let steps = ledger.restoreAll(on: try mock.host)
    #expect(steps.map(\.outcome) == [.restored, .restored])
    #expect(mock.driver() == nil)
  }

  @Test func probesThatAreUnderWayAreWaitedForBeforeADeviceIsLookedAt() throws {
    mock.addDevice()
    mock.when("unload ts_fsm") { $0.bind("d0", "two") }
    let ledger = try mock.ledger()
    try ledger.record(.moduleLoaded(ModuleLoadedChange("ts_fsm")))
    try ledger.record(.binding(try change(nil, raced: ["two"])))
    #expect(ledger.restoreAll(on: try mock.host).first?.outcome == .restored)
    #expect(mock.driver() == nil)
    #expect(mock.done.prefix(2) == ["load ts_fsm", "unload ts_fsm"])
    #expect(!mock.tree.exists("sys/module/ts_fsm"))
  }

  @Test func aChildIsBoundWhenItsParentBroughtItBack() throws {
    mock.addDevice()
    let parent = try change("one")
    mock.addDevice("d0/c0")
    var child = try change("two")
    (child.name, child.devpath) = ("c0", "/devices/d0/c0")
    child.identity.attributes = []
    mock.tree.remove("sys/devices/d0/c0")
    mock.when("write sys/bus/b/drivers/one/bind d0") { $0.addDevice("d0/c0") }
    mock.when("write sys/bus/b/drivers/two/bind c0") { $0.bind("d0/c0", "two") }
    let ledger = try mock.ledger()
    // Of a race that only unbound the parent, and of a later one that took the child along.
    for change in [parent, child] { try ledger.record(.binding(change)) }
    #expect(
      ledger.restoreAll(on: try mock.host).map(\.outcome) == [.restored, .restored])
    #expect(mock.driver("d0/c0") == "two")
  }

  @Test func aDeviceThatIsGoneIsNoError() throws {
    mock.addDevice()
    let change = try change("one")
    mock.tree.remove("sys/devices/d0")
    #expect(try undo(change) == .gone)
  }

  @Test func anotherDeviceOfThatNameIsLeftAlone() throws {
    mock.addDevice(wwid: "w0")
    let change = try change("one")
    mock.tree.file("sys/devices/d0/wwid", "w1\n")
    guard case .leftAlone(let reason) = try undo(change) else {
      Issue.record("not left alone")
      return
    }
    #expect(reason.contains("wwid"))
    #expect(mock.done == [])
  }

  @Test func anIdentityThatCannotBeReadAnyMoreIsNoDifference() throws {
    mock.addDevice()
    let change = try change("one")
    mock.tree.remove("sys/devices/d0/wwid")
    #expect(try undo(change) == .restored)
  }

  @Test func aDeviceThatIsNotReadyIsBoundWhenItIs() throws {
    mock.addDevice()
    mock.fail("write sys/bus/b/drivers/one/bind d0", EAGAIN, EAGAIN)
    #expect(try undo(change("one")) == .restored)
    #expect(mock.done.count == 4)
  }

  @Test("5.10 says ENODEV of a device that is bound")
  func boundOnAnOldKernel() throws {
    mock.addDevice(driver: "one")
    mock.fail("write sys/bus/b/drivers/one/bind d0", ENODEV, ENODEV, ENODEV)
    #expect(try undo(change("one")) == .alreadyRight)
  }

  @Test("what no driver takes, or where the probe fails, is a failure", arguments: [ENODEV, EIO])
  func noDriver(_ errno: Int32) throws {
    mock.addDevice()
    mock.fail("write sys/bus/b/drivers/one/bind d0", errno, errno, errno)
    guard case .failed(let error) = try undo(change("one")) else {
      Issue.record("not failed")
      return
    }
    #expect(error.errno == errno)
  }
}
