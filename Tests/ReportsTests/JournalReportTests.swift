import Evidence
import Journal
import Reports
import Testing

/// An administrator asks the journal what came back, by whom, and how long after.
@Suite struct JournalReportTests {
  static let begin: Int64 = 1_795_780_800_000_000

  private func record(_ entry: JournalEntry, second: Int64, finding: Int? = nil) -> JournalRecord {
    var entry = entry
    if let finding { entry[.finding] = "\(finding)" }
    return JournalRecord(
      fields: Dictionary(
        uniqueKeysWithValues: entry.allValues.map { ($0.field.rawValue, $0.text) }),
      realtime: Self.begin + second * 1_000_000, monotonic: Time(nanoseconds: 0), boot: "b007")
  }

  private func late(_ cycle: Int, device: String = "scsi/0:0:0:0") -> JournalEntry {
    var finding = Samples.lateAttach(
      cycle: cycle, after: Int64(cycle) * 1_500_000, device: device)
    finding.unbind?.command = "bash"
    return .finding(finding, run: Samples.run)
  }

  private var records: [JournalRecord] {
    let result = Samples.failing(late: 3, kept: 3)
    return [
      record(
        .runStart(result, patterns: [], targets: [], amount: "5 cycles"), second: 0),
      record(late(1), second: 1, finding: 1), record(late(2), second: 2, finding: 2),
      record(late(3, device: "scsi/0:0:0:1"), second: 3, finding: 3),
      record(.runEnd(result), second: 60),
    ]
  }

  private func text(_ records: [JournalRecord], _ filter: JournalFilter = JournalFilter()) -> String
  {
    JournalReport(records, filter, clock: WallClock(isUTC: true)).text()
  }

  @Test("The runs, then alike findings as one in full and the range of their delays")
  func full() {
    #expect(
      text(records) == """
        run       begin                end                  conclusion  cycles  hits  findings  remarks
        0f3b9c1e  2026-11-27 12:00:00  2026-11-27 12:01:00  fail           500   300         3

        late-async-attach: 2 findings of A1 on scsi/0:0:0:0, run 0f3b9c1e
          sd was attached again 1.500 ms after unbind had detached it.
          device  scsi/0:0:0:0, driver sd, cycle 1, evidence trace
          path    /sys/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0
          unbind  success, returned after 2.001 ms (bash, pid 311)
          attach  1.500 ms after the detach, by __device_attach_async_helper (kworker/u8:1, pid 57)
                    driver_bound
                    really_probe
                    __device_attach_async_helper
          SEQNUM  unbind 4711, bind 4712
          1 more like it, attached 1.500 ms / 3.000 ms / 3.000 ms later (min / median / max)
          first   2026-11-27 12:00:01, last 2026-11-27 12:00:02

        late-async-attach: 1 finding of A1 on scsi/0:0:0:1, run 0f3b9c1e
          sd was attached again 1.500 ms after unbind had detached it.
          device  scsi/0:0:0:1, driver sd, cycle 3, evidence trace
          path    /sys/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0
          unbind  success, returned after 2.001 ms (bash, pid 311)
          attach  4.500 ms after the detach, by __device_attach_async_helper (kworker/u8:1, pid 57)
                    driver_bound
                    really_probe
                    __device_attach_async_helper
          SEQNUM  unbind 4711, bind 4712
          first   2026-11-27 12:00:03

        """)
  }

  @Test("An empty journal is no error")
  func empty() {
    #expect(text([]) == "nothing of bindrace is in the journal\n")
    var filter = JournalFilter()
    filter.run = "ffff"
    #expect(text(records, filter) == "nothing of bindrace is in the journal that is asked for\n")
  }

  @Test("A run whose end is not there says so, and one that left the host changed too")
  func unended() {
    #expect(text([records[0]]).contains("no end"))
    var result = Samples.failing(late: 1, kept: 1)
    result.isRestored = false
    #expect(text([record(.runEnd(result), second: 0)]).contains("HOST NOT RESTORED"))
  }

  @Test("A run without a trace says why, and one whose recording stood still that it lost evidence")
  func untraced() throws {
    var result = Samples.failing(late: 1, kept: 1)
    let end = record(.runEnd(result), second: 0)
    #expect(!text([end]).contains("trace: ") && !text([end]).contains("lost"))
    result.untraced = "this kernel has no driver_bound"
    result.loss.traceStopped = 1
    result.loss.ueventsUnseen = 3
    let records = [record(.runEnd(result), second: 0)]
    #expect(
      text(records).contains("  no trace: this kernel has no driver_bound; evidence was lost\n"))
    let run = try JSONValue.parse(JournalReport(records, JournalFilter()).json())["runs"]?[0]
    #expect(run?["untraced"] == .string("this kernel has no driver_bound"))
    #expect(run?["evidence_lost"] == .bool(true))
    result.loss.traceStopped = 0
    #expect(!text([record(.runEnd(result), second: 0)]).contains("lost"))
  }

  @Test("What made a driver probe asynchronously is read back with its finding")
  func asynchronous() throws {
    var finding = Samples.lateAttach(cycle: 1, after: 5)
    finding.asynchronousBy = "module parameter"
    let records = [record(.finding(finding, run: Samples.run), second: 0, finding: 1)]
    #expect(text(records).contains("  async   by module parameter alone: sd is not known to"))
    let document = try JSONValue.parse(JournalReport(records, JournalFilter()).json())
    #expect(document["findings"]?[0]?["asynchronous_by"] == .string("module parameter"))
  }

  @Test("A finding that was delivered twice is one, and counts when it was found")
  func twice() {
    var again = records[1]
    again.realtime += 3_600_000_000
    #expect(text(records + [again]).contains("late-async-attach: 2 findings of A1"))
    var waited = records[1]
    waited.fields[JournalField.realtime.rawValue] = "\(Self.begin)"
    #expect(text([waited]).contains("first   2026-11-27 12:00:00"))
  }

  @Test("Only what is asked for")
  func filters() throws {
    func findings(_ change: (inout JournalFilter) -> Void) throws -> Int {
      var filter = JournalFilter()
      change(&filter)
      let text = try JournalReport(records, filter).json()
      guard case .array(let findings) = try JSONValue.parse(text)["findings"] else { return -1 }
      return findings.count
    }
    #expect(try findings { _ in } == 3)
    #expect(try findings { $0.device = "scsi/0:0:0:1" } == 1)
    #expect(try findings { $0.run = "0f3b" } == 3)
    #expect(try findings { $0.run = "1f3b" } == 0)
    #expect(try findings { $0.verdicts = [.lateAsyncAttach] } == 3)
    #expect(try findings { $0.verdicts = [.hang, .lateAttach] } == 0)
    #expect(try findings { $0.since = Self.begin + 2_000_000 } == 2)
    #expect(try findings { $0.until = Self.begin + 2_000_000 } == 2)
  }

  @Test("The JSON has each finding in the schema of a result, and where it is from")
  func json() throws {
    let document = try JSONValue.parse(JournalReport(records, JournalFilter()).json())
    #expect(document["schema"] == .integer(1))
    let run = document["runs"]?[0]
    #expect(run?["run"] == .string(Samples.run))
    #expect(run?["begin_usec"] == .integer(Self.begin))
    #expect(run?["conclusion"] == .string("fail"))
    #expect(run?["cycles"] == .integer(500))
    #expect(run?["findings"] == .integer(3))
    let finding = document["findings"]?[0]
    #expect(finding?["run"] == .string(Samples.run))
    #expect(finding?["realtime_usec"] == .integer(Self.begin + 1_000_000))
    #expect(finding?["verdict"] == .string("late-async-attach"))
    #expect(finding?["attach"]?["after_ns"] == .integer(1_500_000))
    #expect(finding?["attach"]?["pid"] == .integer(57))
    #expect(finding?["unbind"]?["command"] == .string("bash"))
    #expect(finding?["seqnum"]?["bind"] == .integer(4712))
    #expect(finding?["failing"] == .bool(true))
  }

  @Test("Who follows reads an entry as it comes")
  func following() throws {
    let report = JournalReport([], JournalFilter(), clock: WallClock(isUTC: true))
    #expect(
      report.line(records[4])
        == "2026-11-27 12:01:00 0f3b9c1e Run \(Samples.run) ended: fail, 500 cycles, 300 hits\n")
    let lines = try #require(report.line(records[1])).split(separator: "\n")
    #expect(lines[0] == "2026-11-27 12:00:01 0f3b9c1e late-async-attach")
    #expect(lines.contains("            really_probe"))
    let text = try #require(try report.jsonLine(records[1]))
    #expect(text.filter { $0 == "\n" }.count == 1)
    #expect(try JSONValue.parse(text)["event"] == .string("finding"))
    let end = try JSONValue.parse(#require(try report.jsonLine(records[4])))
    #expect(end["event"] == .string("run-end"))
    var filter = JournalFilter()
    filter.run = "ffff"
    #expect(JournalReport([], filter).line(records[1]) == nil)
  }

  /// A journal of another host holds what it likes; a trap would end this process.
  @Test(
    "No number is too large, too small or none at all",
    arguments: [
      "-9223372036854775808", "9223372036854775807", "18446744073709551615", "-1", "0", "", "x",
      "99999999999999999999999999",
    ])
  func numbers(number: String) throws {
    let extremes = ["-9223372036854775808", "9223372036854775807"]
    for field in JournalField.allCases where field != .messageID {
      for other in [nil] + extremes {
        let records = records.map { record in
          var record = record
          if let other {
            for field in JournalField.allCases where field.rawValue.hasSuffix("_NS") {
              record.fields[field.rawValue] = other
            }
          }
          record.fields[field.rawValue] = number
          return record
        }
        let report = JournalReport(records, JournalFilter(), clock: WallClock(isUTC: true))
        #expect(!report.text().isEmpty)
        #expect(try report.json().hasPrefix("{"))
        for record in records {
          #expect(report.line(record) != nil)
          #expect(try report.jsonLine(record) != nil)
        }
      }
    }
  }

  @Test("A journal that was read whole leaves nothing to say of that")
  func remarks() throws {
    #expect(JournalReport([], JournalFilter()).remarks.isEmpty)
    let document = try JSONValue.parse(JournalReport([], JournalFilter()).json())
    #expect(document["unread"] == .array([]) && document["untrusted"] == .integer(0))
  }

  @Test("What others wrote into the journal is safe on a terminal")
  func printable() {
    var evil = records[1]
    evil.fields[JournalField.command.rawValue] = "\u{1b}[2J"
    evil.fields[JournalField.message.rawValue] = "a\u{7}b"
    evil.fields[JournalField.run.rawValue] = "\u{1b}x"
    let text = text([evil])
    #expect(!text.unicodeScalars.contains("\u{1b}") && !text.unicodeScalars.contains("\u{7}"))
    let line = JournalReport([], JournalFilter()).line(evil) ?? ""
    #expect(!line.unicodeScalars.contains("\u{1b}") && !line.unicodeScalars.contains("\u{7}"))
  }
}
