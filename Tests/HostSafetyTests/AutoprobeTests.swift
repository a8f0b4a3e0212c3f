import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// Devices that miss their probe while a bus finds no drivers are probed when it does so again: what the
/// kernel would have done, and no more.
@Suite struct AutoprobeTests {
  let mock = MockHost()

  /// A disk that is raced, with a driver; one with none that is left so, and one that waits for its own.
  init() {
    mock.tree.file("sys/bus/b/drivers_autoprobe", "1\n")
    mock.addDevice("raced", driver: "one")
    mock.addDevice("idle")
    mock.addDevice("deferred")
    mock.tree.file(
      "sys/kernel/debug/devices_deferred", "deferred\tb: wait for supplier x\nelsewhere\t\n")
  }

  private func change() throws -> AutoprobeChange {
    try AutoprobeChange(
      bus: "b", raced: ["/devices/raced"], sys: try mock.tree.directory("sys"))
  }

  /// The names of those that a probe is asked for when the run has turned it off and is put back.
  private func probed(_ meanwhile: () throws -> Void) throws -> [String] {
    let change = try change()
    mock.tree.file("sys/bus/b/drivers_autoprobe", "0\n")
    try meanwhile()
    _ = try change.undo(on: try mock.host)
    #expect(mock.done.first == "write sys/bus/b/drivers_autoprobe 1")
    return mock.done.dropFirst().map {
      #expect($0.hasPrefix("write sys/bus/b/drivers_probe "))
      return $0.split(separator: " ").last.map(String.init) ?? ""
    }
  }

  @Test func whatWasDeferredIsProbedAndWhatWasIdleIsNot() throws {
    #expect(try probed {} == ["deferred"])
  }

  @Test func whatCameMeanwhileIsProbed() throws {
    #expect(try probed { mock.addDevice("new") } == ["deferred", "new"])
  }

  @Test func whatHasADriverIsLeftAlone() throws {
    let probed = try probed {
      mock.addDevice("new", driver: "one")
      mock.bind("deferred", "two")
      mock.bind("idle", "two")
    }
    #expect(probed == [])
  }

  @Test func whatLostItsDriverMeanwhileIsProbed() throws {
    mock.addDevice("bound", driver: "one")
    #expect(try probed { mock.unbind("bound") } == ["bound", "deferred"])
  }

  @Test func whatWentAndCameAgainIsAnotherDevice() throws {
    let probed = try probed {
      mock.tree.make("sys/other")
      unsafe rename("\(mock.tree.path)/sys/devices/idle", "\(mock.tree.path)/sys/other/idle")
      mock.addDevice("idle")
    }
    #expect(probed == ["deferred", "idle"])
  }

  @Test func aDriverThatCameMeanwhileIsGivenAllThatHaveNone() throws {
    #expect(try probed { mock.tree.make("sys/bus/b/drivers/new") } == ["deferred", "idle"])
  }

  @Test func whatIsRacedAndAllAboveAndBelowIsNot() throws {
    mock.addDevice("host/target/raced", driver: "one")
    mock.tree.remove("sys/bus/b/devices/host")
    let change = try AutoprobeChange(
      bus: "b", raced: ["/devices/host/target"], sys: try mock.tree.directory("sys"))
    for name in ["host", "host/target", "host/target/raced"] {
      mock.tree.link(
        "sys/bus/b/devices/\(name.filter { $0 != "/" })", to: "../../../devices/\(name)")
      mock.tree.remove("sys/devices/\(name)/driver")
    }
    #expect(try change.missed(try mock.tree.directory("sys")).map(\.name) == ["deferred"])
  }

  @Test func whereNobodyTellsWhatIsDeferredItIsNotDone() throws {
    mock.tree.remove("sys/kernel/debug/devices_deferred")
    let error = #expect(throws: SystemError.self) { try change() }
    #expect(error?.object.hasSuffix("sys/kernel/debug/devices_deferred") == true)
    // Without any that could be.
    mock.bind("idle", "one")
    mock.bind("deferred", "one")
    #expect(try change().idle == [])
  }

  @Test func whatIsSeenDeferredOnceCountsFromThenOn() throws {
    let first = try change()
    // The deferred worker is at it: it stands in no list.
    mock.tree.file("sys/kernel/debug/devices_deferred", "")
    let sum = first.adding(try change())
    #expect(sum.deferred == ["deferred"])
    #expect(try sum.missed(try mock.tree.directory("sys")).map(\.name) == ["deferred"])
  }

  @Test func aRunThatWasKilledBetweenTheTwoIsPutBackToo() throws {
    let change = Change.autoprobe(try change())
    try mock.leave(change)
    mock.addDevice("new")
    let report = try mock.restoreAfterCrash()
    #expect(report.steps.map(\.outcome) == [.restored])
    #expect(
      mock.done == [
        "write sys/bus/b/drivers_probe deferred", "write sys/bus/b/drivers_probe new",
      ])
  }

  @Test func nothingIsWrittenWhereNothingIsMissed() throws {
    mock.tree.file("sys/kernel/debug/devices_deferred", "")
    #expect(try change().undo(on: try mock.host) == .alreadyRight)
    #expect(mock.done == [])
  }

  @Test func whatAProbeSaysIsTheDevicesAffairButNotThatItHangs() throws {
    mock.addDevice("new")
    let change = try change()
    mock.addDevice("newer")
    // EPROBE_DEFER has no name in user space.
    mock.fail("write sys/bus/b/drivers_probe deferred", 517)
    _ = try change.undo(on: try mock.host)
    #expect(mock.done.last == "write sys/bus/b/drivers_probe newer")
    mock.fail("write sys/bus/b/drivers_probe deferred", ETIMEDOUT)
    #expect(throws: SystemError.self) { try change.undo(on: try mock.host) }
  }

  @Test func itIsReadAsItWasWritten() throws {
    let change = Change.autoprobe(try change())
    #expect(Change(fields: change.fields) == change)
    #expect(change.mustNotOutlive)
  }
}
