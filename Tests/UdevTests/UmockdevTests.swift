import Evidence
import Glibc
import Testing
import Udev

/// Starts the suite below under umockdev-wrapper, so that it is part of every `swift test`.
@Suite struct UmockdevLauncher {
  /// BINDRACE_UMOCKDEV=1 makes a host without umockdev a failure.
  @Test(
    .enabled(if: !Testbed.isWrapped, "runs its suite itself"),
    .enabled(
      if: Testbed.isInstalled || variable("BINDRACE_UMOCKDEV") == "1", "umockdev is not installed"))
  func `the suite passes under umockdev`() throws {
    try #require(Testbed.isInstalled, "\(Testbed.wrapper) is missing")
    try Rerun(wrapper: [Testbed.wrapper], suite: "UmockdevTests").pass()
  }
}

/// The real libudev over made-up devices and events.
@Suite(.serialized, .enabled(if: Testbed.isWrapped, "run by UmockdevLauncher"))
struct UmockdevTests {
  let testbed: Testbed
  let context: UdevContext

  init() throws {
    testbed = try Testbed()
    context = try UdevContext()
  }

  /// Waits for the next event, at most 10 s.
  private func next(_ monitor: UdevMonitor) throws -> Uevent {
    for _ in 0..<10_000 {
      if case .event(let event) = try monitor.receive() { return event }
      usleep(1000)
    }
    throw CancellationError()
  }

  @Test(arguments: [UdevMonitor.Source.kernel, .udev])
  func `an event arrives with all that the verdicts rest on`(source: UdevMonitor.Source) throws {
    let disk = testbed.device("scsi", "0:0:0:0", properties: ["DRIVER", "sd"])
    let monitor = try UdevMonitor(context, source)
    #expect(try monitor.receive() == .empty)
    let before = Time(nanoseconds: now())
    testbed.send("bind", disk)
    let event = try next(monitor)
    #expect(event.action == .bind)
    #expect(event.devpath == "/devices/0:0:0:0")
    #expect(event.subsystem == "scsi")
    #expect(event.driver == "sd")
    #expect(event.seqnum > 0)
    #expect(!event.isSynthetic)
    #expect(before <= event.received && event.received <= Time(nanoseconds: now()))
    #expect(try monitor.receive() == .empty)
  }

  @Test func `an unbind has no driver, and comes after the bind in SEQNUM`() throws {
    let disk = testbed.device("scsi", "0:0:0:0")
    let monitor = try UdevMonitor(context, .kernel)
    for action in ["bind", "unbind", "remove"] { testbed.send(action, disk) }
    let events = try [next(monitor), next(monitor), next(monitor)]
    #expect(events.map(\.action) == [.bind, .unbind, .remove])
    #expect(events.map(\.driver) == [nil, nil, nil])
    #expect(events[0].seqnum < events[1].seqnum && events[1].seqnum < events[2].seqnum)
  }

  @Test func `an event that somebody wrote is known as synthetic`() throws {
    let disk = testbed.device("scsi", "0:0:0:0", properties: ["SYNTH_UUID", "0"])
    let monitor = try UdevMonitor(context, .kernel)
    testbed.send("change", disk)
    #expect(try next(monitor).isSynthetic)
  }

  @Test func `an event that libudev cannot read is lost, and the next one is received`() throws {
    let disk = testbed.device("scsi", "0:0:0:0")
    let monitor = try UdevMonitor(context, .kernel)
    testbed.send("explode", disk)
    testbed.send("bind", disk)
    #expect(try monitor.receive() == .overflow)
    #expect(try next(monitor).action == .bind)
  }

  @Test func `a filter lets only its subsystems through`() throws {
    let disk = testbed.device("scsi", "0:0:0:0")
    let card = testbed.device("pci", "0000:00:04.0")
    let monitor = try UdevMonitor(context, .kernel, subsystems: ["pci"])
    testbed.send("bind", disk)
    testbed.send("bind", card)
    #expect(try next(monitor).subsystem == "pci")
    #expect(try monitor.receive() == .empty)
  }

  @Test func `the descriptor is readable when there is an event`() throws {
    let disk = testbed.device("scsi", "0:0:0:0")
    let monitor = try UdevMonitor(context, .kernel)
    var polled = pollfd(fd: monitor.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(unsafe poll(&polled, 1, 0) == 0)
    testbed.send("bind", disk)
    #expect(unsafe poll(&polled, 1, 10_000) == 1)
    _ = try next(monitor)
    #expect(unsafe poll(&polled, 1, 0) == 0)
  }

  @Test func `devices are found by subsystem and by property`() throws {
    let host = testbed.device("scsi", "host0")
    let disk = testbed.device("scsi", "0:0:0:0", below: host, properties: ["ID_RACED", "1"])
    let card = testbed.device("pci", "0000:00:04.0", properties: ["ID_RACED", "1"])
    let all = try UdevEnumerator(context)
    #expect(try Set(all.syspaths()) == [host, disk, card])
    let scsi = try UdevEnumerator(context)
    try scsi.match(subsystem: "scsi")
    #expect(try scsi.syspaths() == [host, disk])
    try scsi.match(property: "ID_RACED", value: "1")
    #expect(try scsi.devices().map(\.syspath) == [disk])
  }

  @Test func `a device tells its subsystem, properties and parent`() throws {
    let host = testbed.device("scsi", "host0")
    let path = testbed.device("scsi", "0:0:0:0", below: host, properties: ["MODALIAS", "scsi:t"])
    var parent: UdevDevice?
    do {
      let device = try UdevDevice(context, syspath: path)
      #expect(device.syspath == path)
      #expect(device.subsystem == "scsi")
      #expect(device.driver == nil)
      #expect(device.property("MODALIAS") == "scsi:t")
      #expect(device.properties["MODALIAS"] == "scsi:t")
      #expect(device.property("NONE") == nil)
      parent = device.parent
    }
    #expect(parent?.syspath == host, "it outlives the child that it was asked from")
    #expect(parent?.parent == nil)
  }

  @Test func `a device that is not there is an error`() {
    let error = #expect(throws: SystemError.self) {
      try UdevDevice(context, syspath: "/sys/devices/none")
    }
    #expect(error?.errno == ENODEV || error?.errno == ENOENT)
    #expect(error?.object == "/sys/devices/none")
  }

  private func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
