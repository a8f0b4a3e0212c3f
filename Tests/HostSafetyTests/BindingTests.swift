import Evidence
import Glibc
import Testing

@testable import HostSafety

/// A device goes back to the driver it had, and only if it is still that device and our change.
@Suite struct BindingTests {
  let mock = MockHost()

  private func change(_ driver: String?, raced: [String] = []) throws -> BindingChange {
    BindingChange(
      bus: "b", name: "d0", devpath: "/devices/d0", driver: driver, raced: raced,
      identity: DeviceIdentity(devpath: "/devices/d0", sys: try mock.host.sys))
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
    #expect(mock.done == ["write sys/bus/b/drivers/one/bind d0"])
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
      ])
  }

  @Test func itIsRightAlready() throws {
    mock.addDevice(driver: "one")
    #expect(try undo(change("one")) == .alreadyRight)
    #expect(mock.done == ["write sys/bus/b/drivers/one/bind d0"])
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
    #expect(mock.done.count == 3)
  }

  @Test func aProbeThatFailsIsAFailure() throws {
    mock.addDevice()
    mock.fail("write sys/bus/b/drivers/one/bind d0", EIO, EIO)
    guard case .failed(let error) = try undo(change("one")) else {
      Issue.record("not failed")
      return
    }
    #expect(error.errno == EIO)
  }
}
