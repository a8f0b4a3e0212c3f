import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// Each kind of change goes back from whatever state it is in.
@Suite struct ChangeTests {
  let mock = MockHost()

  private func undo(_ change: Change) throws -> Outcome {
    let ledger = try mock.ledger()
    try ledger.record(change)
    return try #require(ledger.restoreAll(on: try mock.host).first).outcome
  }

  // Attributes

  @Test(arguments: [
    ("00000003", "3", true), ("3\n", "00000003", true), ("0,00000003", "3", true),
    ("1,3", "1,00000003", true), ("F", "f", true), ("0", "00000000,00000000", true),
    ("30", "3", false), ("1,00000000", "1", false),
  ])
  func masksAreComparedByValue(_ a: String, _ b: String, _ isSame: Bool) {
    let format = AttributeChange.Format.mask
    #expect((format.normal(a) == format.normal(b)) == isSame)
  }

  /// Undoes the change of a mask of which CPU 3 may be isolated, as it is now.
  private func undoMask(
    _ mask: String, requested: String, isolated: String, was: String? = "0"
  ) throws -> Outcome {
    mock.tree.file("sys/cpumask", mask + "\n")
    mock.tree.file("sys/cpumask_requested", requested + "\n")
    mock.tree.file("sys/cpumask_isolated", isolated + "\n")
    // A write makes both the same (workqueue_set_unbound_cpumask()).
    mock.when("write sys/cpumask f") { $0.tree.file("sys/cpumask_requested", "f\n") }
    var change = AttributeChange(path: "cpumask", old: "f", new: "1", format: .mask)
    change.isolated = was
    return try undo(.attribute(change))
  }

  @Test func aMaskIsRightWhereAllThatShowsOfItIs() throws {
    #expect(try undoMask("f", requested: "0000000f", isolated: "0") == .alreadyRight)
    #expect(mock.done.isEmpty)
  }

  @Test func aNarrowedMaskGoesBack() throws {
    #expect(try undoMask("1", requested: "1", isolated: "0") == .restored)
    #expect(mock.tree.text("sys/cpumask_requested") == "f\n")
  }

  @Test func aMaskOfWhichCPUsWereIsolatedMeanwhileIsNotRight() throws {
    // What was asked for is back, and the mask in effect is not what it was.
    let reason = "f is asked for again, and is 7 as CPUs were isolated meanwhile"
    #expect(try undoMask("7", requested: "f", isolated: "8") == .leftAlone(reason))
    #expect(mock.done.isEmpty)
  }

  @Test func aNarrowedMaskGoesBackAndItIsSaidThatIsolatedCPUsAreInIt() throws {
    let outcome = try undoMask("1", requested: "1", isolated: "8")
    #expect(
      "\(outcome)".hasPrefix(
        "left alone: it is f again, but cpumask_isolated was \"0\" and is \"8\""))
    #expect(mock.done == ["write sys/cpumask f"])
  }

  @Test func aLedgerThatDoesNotSayWhatWasIsolatedClaimsNothingOfIt() throws {
    #expect(try undoMask("1", requested: "1", isolated: "8", was: nil) == .restored)
  }

  @Test func aValueThatDoesNotTakeIsAFailure() throws {
    mock.tree.file("sys/cpumask", "1\n")
    mock.tree.file("sys/cpumask_requested", "1\n")
    let change = AttributeChange(path: "cpumask", old: "f", new: "1", format: .mask)
    #expect(try undo(.attribute(change)).isFailure)
  }

  @Test func anOverrideIsClearedByANewline() throws {
    mock.tree.file("sys/devices/d0/driver_override", "one\n")
    let change = AttributeChange(
      path: "devices/d0/driver_override", old: "(null)", new: "one", format: .driverOverride)
    #expect(try undo(.attribute(change)) == .restored)
    #expect(mock.tree.text("sys/devices/d0/driver_override") == "(null)\n")
    // It is read where it may wait for the device's lock. The log shows no newlines.
    let file = "sys/devices/d0/driver_override"
    #expect(mock.done == ["read \(file)", "write \(file) ", "read \(file)"])
  }

  @Test func anAttributeOfADeviceThatIsGone() throws {
    let change = AttributeChange(path: "devices/x/driver_override", old: "", new: "one")
    #expect(try undo(.attribute(change)) == .gone)
  }

  // udevd

  @Test func udevdBeginsEventsAgain() throws {
    mock.tree.file("run/udev/control", "")
    #expect(try undo(.udevQueue(UdevQueueChange())) == .restored)
    #expect(mock.done == ["udev queue run/udev/control runs"])
  }

  @Test func anUdevdThatHasEndedNeedsNothing() throws {
    #expect(try undo(.udevQueue(UdevQueueChange())) == .gone)
    #expect(mock.done.isEmpty)
  }

  // Modules

  @Test func aModuleThatStaysLoadedIsAFailure() throws {
    mock.addModule("scsi_debug")
    #expect(try undo(.moduleLoaded(ModuleLoadedChange("scsi-debug"))).isFailure)
    #expect(mock.done == ["unload scsi-debug", "unload scsi-debug"])
  }

  @Test func aLoadedModuleGoes() throws {
    mock.addModule("pcspkr")
    #expect(try undo(.moduleLoaded(ModuleLoadedChange("pcspkr"))) == .restored)
    #expect(mock.done == ["unload pcspkr"])
  }

  @Test func aModuleThatIsNotThereIsNotUnloaded() throws {
    // Built in: a folder, but no state.
    mock.tree.make("sys/module/pcspkr/parameters")
    #expect(try undo(.moduleLoaded(ModuleLoadedChange("pcspkr"))) == .alreadyRight)
    #expect(mock.done == [])
  }

  @Test func aModuleWhoseDeviceIsInUseMeanwhileStays() throws {
    try driverModule(deviceIsYounger: false)
    mock.mount()
    guard case .failed(let error) = try undo(.moduleLoaded(ModuleLoadedChange("m"))) else {
      Issue.record("not failed")
      return
    }
    #expect(error.reason.contains("/devices/d0") && error.reason.contains("/mnt"))
    #expect(mock.done == [])
  }

  /// A module whose driver has a device that is older or younger than it.
  private func driverModule(deviceIsYounger: Bool) throws {
    let folders = ["sys/module/m", "sys/devices/d0"]
    try mock.makeFolders(inOrder: deviceIsYounger ? folders : folders.reversed())
    mock.addDevice(driver: "one")
    mock.addModule("m", driver: "one")
  }

  @Test func aModuleStaysWhereADeviceThatCameMeanwhileHasItsDriver() throws {
    try driverModule(deviceIsYounger: true)
    #expect(
      try undo(.moduleLoaded(ModuleLoadedChange("m")))
        == .leftAlone("/devices/d0 came meanwhile and has its driver"))
    #expect(mock.done == [])
  }

  @Test func aModuleGoesThatGaveItsDriverToADeviceOfBefore() throws {
    try driverModule(deviceIsYounger: false)
    #expect(try undo(.moduleLoaded(ModuleLoadedChange("m"))) == .restored)
  }

  @Test func aModuleGoesWithTheDevicesThatItMade() throws {
    try driverModule(deviceIsYounger: true)
    #expect(try undo(.moduleLoaded(ModuleLoadedChange("m", maker: "m"))) == .restored)
  }

  @Test func aModuleGoesThatWasLoadedForDevicesOfAnotherModuleOfTheRun() throws {
    try driverModule(deviceIsYounger: true)
    mock.addModule("maker", driver: "one")
    #expect(try undo(.moduleLoaded(ModuleLoadedChange("m", maker: "maker"))) == .restored)
  }

  @Test func aModuleStaysWhereOneThatCameMeanwhileNeedsIt() throws {
    for name in ["usb_storage", "uas"] { mock.addModule(name) }
    mock.tree.make("sys/module/usb_storage/holders/uas")
    #expect(
      try undo(.moduleLoaded(ModuleLoadedChange("usb-storage")))
        == .leftAlone("uas came meanwhile and needs it"))
    #expect(mock.done == [])
  }

  @Test func aModuleThatCameMeanwhileIsReportedAndStays() throws {
    for name in ["a", "b", "sg"] { mock.addModule(name) }
    guard case .leftAlone(let reason) = try undo(.modules(ModulesChange(loaded: ["a", "b"]))) else {
      Issue.record("not left alone")
      return
    }
    #expect(reason.hasPrefix("sg came with those of the run"))
    #expect(mock.done == [])
  }

  @Test func aModuleThatCouldNotBeUnloadedDidNotComeMeanwhile() throws {
    for name in ["a", "scsi_debug"] { mock.addModule(name) }
    let ledger = try mock.ledger()
    try ledger.record(.modules(ModulesChange(loaded: ["a"])))
    try ledger.record(.moduleLoaded(ModuleLoadedChange("scsi-debug")))
    let outcomes = ledger.restoreAll(on: try mock.host).map(\.outcome)
    #expect(outcomes.count == 2 && outcomes[0].isFailure && outcomes[1] == .alreadyRight)
  }

  @Test func aModuleThatGoesAtTheSecondTryDidNotComeMeanwhile() throws {
    for name in ["a", "m"] { mock.addModule(name) }
    mock.fail("unload m", EBUSY)
    let ledger = try mock.ledger()
    try ledger.record(.modules(ModulesChange(loaded: ["a"])))
    try ledger.record(.moduleLoaded(ModuleLoadedChange("m")))
    #expect(ledger.restoreAll(on: try mock.host).map(\.outcome) == [.restored, .alreadyRight])
  }

  // Removed devices

  @Test func aRemovedDeviceIsScannedFor() throws {
    mock.tree.file("sys/bus/b/scan", "")
    let change = DeviceRemovedChange(devpath: "/devices/d0", scan: "bus/b/scan", text: "d0")
    #expect(try undo(.deviceRemoved(change)) == .restored)
    #expect(mock.done == ["write sys/bus/b/scan d0"])
    #expect(mock.tree.exists("sys/devices/d0"))
  }

  @Test func aDeviceThatIsThereIsNotScannedFor() throws {
    mock.addDevice()
    mock.tree.file("sys/bus/b/scan", "")
    let change = DeviceRemovedChange(devpath: "/devices/d0", scan: "bus/b/scan", text: "d0")
    #expect(try undo(.deviceRemoved(change)) == .alreadyRight)
    #expect(mock.done == [])
  }

  @Test func aDeviceThatDoesNotComeBackIsGone() throws {
    mock.tree.file("sys/bus/b/scan", "")
    let change = DeviceRemovedChange(devpath: "/devices/d0", scan: "bus/b/scan", text: "other")
    #expect(try undo(.deviceRemoved(change)) == .gone)
    let orphan = DeviceRemovedChange(devpath: "/devices/d1", scan: "bus/x/scan", text: "d1")
    #expect(try orphan.undo(on: mock.host) == .gone)
  }

  // Trace

  @Test func probesAreRemovedOneByOneAndNobodyElses() throws {
    let theirs = "p:theirs/bound driver_bound\np:bindrace_10/bound driver_bound\n"
    mock.tree.file(
      "tracing/kprobe_events",
      "p:bindrace_1/bound driver_bound dev=$arg1\n" + theirs
        + "r16:bindrace_1/probe_return really_probe ret=$retval\n")
    mock.tree.file("tracing/events/bindrace_1/enable", "0\n")
    mock.tree.file("tracing/instances/someone/events/bindrace_1/enable", "1\n")
    #expect(try undo(.kprobeGroup(KprobeGroupChange("bindrace_1"))) == .restored)
    #expect(
      mock.done == [
        "write tracing/events/bindrace_1/enable 0",
        "write tracing/instances/someone/events/bindrace_1/enable 0",
        "append tracing/kprobe_events -:bindrace_1/bound",
        "append tracing/kprobe_events -:bindrace_1/probe_return",
      ])
    #expect(mock.tree.text("tracing/kprobe_events") == theirs)
  }

  @Test func aProbeThatIsHeldStopsNoOther() throws {
    mock.tree.file("tracing/kprobe_events", "p:g/a f\np:g/b f\n")
    mock.fail("append tracing/kprobe_events -:g/a", EBUSY, EBUSY)
    #expect(try undo(.kprobeGroup(KprobeGroupChange("g"))).isFailure)
    #expect(mock.tree.text("tracing/kprobe_events") == "p:g/a f\n")
  }

  @Test func anInstanceGoesBeforeItsGroup() throws {
    mock.tree.file("tracing/kprobe_events", "p:g/a f\n")
    mock.tree.file("tracing/instances/i/tracing_on", "1\n")
    mock.tree.file("tracing/instances/i/events/enable", "1\n")
    let ledger = try mock.ledger()
    try ledger.record(.kprobeGroup(KprobeGroupChange("g")))
    try ledger.record(.traceInstance(TraceInstanceChange("i")))
    let steps = ledger.restoreAll(on: try mock.host)
    #expect(steps.map(\.outcome) == [.restored, .restored])
    #expect(
      mock.done == [
        "write tracing/instances/i/tracing_on 0", "write tracing/instances/i/events/enable 0",
        "rmdir tracing/instances/i", "append tracing/kprobe_events -:g/a",
      ])
  }

  @Test func withoutTracefsNothingIsClaimed() throws {
    mock.tree.remove("tracing/instances")
    #expect(try undo(.traceInstance(TraceInstanceChange("i"))).isFailure)
  }

  @Test func whatWasNeverMadeIsRight() throws {
    #expect(try undo(.traceInstance(TraceInstanceChange("i"))) == .alreadyRight)
    let group = KprobeGroupChange("g")
    #expect(try group.undo(on: mock.host) == .alreadyRight)
    #expect(mock.done == [])
  }
}
