import Evidence
import Testing

@testable import Reports

/// What `bindrace watch` writes.
@Suite struct WatchTests {
  private static let path = "/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0"
  private static let time = Time(nanoseconds: 18_066_441_000)

  private static let bind = Uevent(
    seqnum: 7, action: .bind, devpath: path, subsystem: "scsi", driver: "sd", received: time)

  private static func deed(
    _ kind: WatchEvent.Deed.Kind, function: String? = nil, errno: Int32? = nil,
    answer: String? = nil
  ) -> WatchEvent.Deed {
    var deed = WatchEvent.Deed(
      kind, time: time, device: "scsi/0:0:0:0", driver: "sd", command: "kworker/u8:1", pid: 159,
      function: function, errno: errno)
    deed.devpath = path
    deed.answer = answer
    return deed
  }

  /// A write that names no device.
  private static func refused(_ device: String) -> WatchEvent.Deed {
    var deed = deed(.unbind, errno: 19, answer: "No such device")
    deed.device = device
    deed.devpath = ""
    return deed
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
        .deed(deed(.attach, function: "bind_store")),
        "TRACE[18.066441] attach   \(path) (scsi)  sd by kworker/u8:1 (pid 159), bind_store\n"
      ),
      (
        .deed(deed(.unbind, errno: 0, answer: "success")),
        "TRACE[18.066441] unbind   \(path) (scsi)  sd by kworker/u8:1 (pid 159): success\n"
      ),
      (
        .deed(deed(.bind)),
        "TRACE[18.066441] bind     \(path) (scsi)  sd by kworker/u8:1 (pid 159): it has not returned\n"
      ),
      (
        .deed(refused("scsi/none")),
        "TRACE[18.066441] unbind   scsi/none (scsi)  sd by kworker/u8:1 (pid 159): No such device\n"
      ),
      (
        .deed(refused("scsi/")),
        "TRACE[18.066441] unbind   scsi/\"\" (scsi)  sd by kworker/u8:1 (pid 159): No such device\n"
      ),
      (
        .deed(refused("")),
        "TRACE[18.066441] unbind   \"\" (?)  sd by kworker/u8:1 (pid 159): No such device\n"
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
      (.sight("the trace records again"), "SEEN the trace records again\n"),
    ])
  func line(event: WatchEvent, text: String) {
    #expect(WatchText(colour: false).line(event) == text)
  }

  /// A device that was removed has no driver.
  @Test("what is not known is left out")
  func unknown() throws {
    var deed = Self.deed(.remove, function: "device_del")
    deed.driver = ""
    #expect(
      WatchText(colour: false).line(.deed(deed))
        == "TRACE[18.066441] remove   \(Self.path) (scsi)  by kworker/u8:1 (pid 159), device_del\n")
    #expect(try !WatchDocument(.deed(deed)).line().contains("driver"))
  }

  /// Outside text that a terminal would obey, wherever an event has text.
  @Test("what others name as they like is safe on a terminal, and one line")
  func printable() throws {
    let evil = "\u{1b}[2J\u{9b}2J\n\r\u{7}"
    var deed = Self.deed(.unbind, function: evil, errno: 19, answer: evil)
    (deed.command, deed.driver, deed.device, deed.devpath) = (evil, evil, "scsi/\(evil)", evil)
    var nowhere = deed
    nowhere.devpath = ""
    var event = Self.bind
    (event.devpath, event.subsystem, event.driver) = (evil, evil, evil)
    var finding = Self.finding
    (finding.text, finding.syspath, finding.device) = (evil, "/sys" + evil, evil)
    finding.attach?.stack = [evil]
    finding.unbind?.command = evil
    let events: [WatchEvent] = [
      .deed(deed), .deed(nowhere), .uevent(event), .finding(finding), .loss(EvidenceLoss(), evil),
      .sight(evil),
    ]
    for event in events {
      let text = WatchText(colour: false).line(event)
      let lines = if case .finding = event { 3 } else { 1 }
      #expect(text.utf8.filter { $0 == 0x0a }.count == lines, "\(text.debugDescription)")
      let json = try WatchDocument(event).line()
      #expect(json.utf8.filter { $0 == 0x0a }.count == 1)
      for text in [text, json] {
        let isSafe = text.unicodeScalars.allSatisfy {
          $0 == "\n" || $0.properties.generalCategory != .control
        }
        #expect(isSafe, "\(text.debugDescription)")
      }
    }
    #expect(!WatchText(colour: false).heading(untraced: evil).contains("\u{1b}"))
  }

  @Test("each event is one line of JSON")
  func json() throws {
    let line = try WatchDocument(.deed(Self.deed(.attach, function: "bind_store"))).line()
    #expect(
      line == """
        {"command":"kworker/u8:1","device":"scsi/0:0:0:0","devpath":"\(Self.path)","driver":"sd",\
        "event":"attach","function":"bind_store","pid":159,"time_ns":18066441000}

        """)
    let refused = try WatchDocument(.deed(Self.refused("scsi/none"))).line()
    #expect(refused.contains("\"answer\":\"No such device\"") && refused.contains("\"errno\":19"))
    #expect(
      refused.contains("\"device\":\"scsi/none\"") && refused.contains("\"event\":\"unbind\""))
    for event in [WatchEvent.uevent(Self.bind), .finding(Self.finding), .loss(EvidenceLoss(), "x")]
    {
      #expect(try WatchDocument(event).line().split(separator: "\n").count == 1)
    }
  }
}
