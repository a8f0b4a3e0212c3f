import Evidence
import Testing

@testable import Reports

/// What `bindrace watch` writes.
@Suite struct WatchTests {
  private static let path = "/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0"
  private static let time = Time(nanoseconds: 18_066_441_000)

  private static let bind = Uevent(
    seqnum: 7, action: .bind, devpath: path, subsystem: "scsi", driver: "sd", received: time)

  private static func deed(_ function: String?) -> WatchEvent.Deed {
    WatchEvent.Deed(
      time: time, device: "scsi/0:0:0:0", devpath: path, driver: "sd", command: "kworker/u8:1",
      pid: 159, function: function)
  }

  private static let finding = Finding(
    verdict: .lateAsyncAttach, pattern: "", cycle: 0, evidence: .trace, device: "scsi/0:0:0:0",
    syspath: "/sys" + path, driver: "sd",
    unbind: Finding.Unbind(start: time, end: time, errno: 0, pid: 163, command: "sh"),
    attach: Finding.Attach(
      time: time, after: 1000, function: "__device_attach_async_helper", command: "kworker/u8:1",
      pid: 159, stack: ["driver_bound", "really_probe"]), text: "sd came back.")

  @Test(
    "a line has the columns of udevadm monitor",
    arguments: [
      (WatchEvent.uevent(bind), "KERNEL[18.066441] bind     \(path) (scsi)  sd\n"),
      (
        .attach(deed("bind_store")),
        "TRACE[18.066441] attach   \(path) (scsi)  sd by kworker/u8:1 (pid 159), bind_store\n"
      ),
      (
        .unbind(deed(nil)),
        "TRACE[18.066441] unbind   \(path) (scsi)  sd by kworker/u8:1 (pid 159)\n"
      ),
      (
        .finding(finding),
        """
        FINDING[18.066441] late-async-attach \(path) (scsi)  sd came back.
          unbound by sh (pid 163)
            driver_bound
            really_probe

        """
      ),
      (.loss(EvidenceLoss(), "3 uevents were lost"), "LOST 3 uevents were lost\n"),
    ])
  func line(event: WatchEvent, text: String) {
    #expect(WatchText(colour: false).line(event) == text)
  }

  @Test("a process may call itself anything")
  func printable() {
    var deed = Self.deed(nil)
    deed.command = "\u{1b}[2J"
    #expect(!WatchText(colour: true).line(.unbind(deed)).contains("\u{1b}[2J"))
  }

  @Test("each event is one line of JSON")
  func json() throws {
    let line = try WatchDocument(.attach(Self.deed("bind_store"))).line()
    #expect(
      line == """
        {"command":"kworker/u8:1","device":"scsi/0:0:0:0","devpath":"\(Self.path)","driver":"sd",\
        "event":"attach","function":"bind_store","pid":159,"time_ns":18066441000}

        """)
    for event in [WatchEvent.uevent(Self.bind), .finding(Self.finding), .loss(EvidenceLoss(), "x")]
    {
      #expect(try WatchDocument(event).line().split(separator: "\n").count == 1)
    }
  }
}
