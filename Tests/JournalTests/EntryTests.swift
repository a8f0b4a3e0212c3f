import Evidence
import Testing

@testable import Journal

/// What an entry says, and that a finding can be read back from it whole.
@Suite struct EntryTests {
  /// The record that journald makes of an entry.
  private func record(_ entry: JournalEntry) -> JournalRecord {
    JournalRecord(
      fields: Dictionary(
        uniqueKeysWithValues: entry.allValues.map { ($0.field.rawValue, $0.text) }),
      realtime: 1, monotonic: Time(nanoseconds: 1), boot: "")
  }

  @Test func `a late attach has who, how long after, and where`() {
    let entry = JournalEntry.finding(Samples.lateAttach(), run: Samples.run)
    #expect(entry.message == .finding)
    let expected: KeyValuePairs<String, String> = [
      "MESSAGE": "sd came back on scsi/0:0:0:0 1.258 ms after the detach.",
      "MESSAGE_ID": "fe76d69493ec4e22b90864e66b5514ea", "PRIORITY": "3",
      "SYSLOG_IDENTIFIER": "bindrace", "BINDRACE_RUN": Samples.run,
      "BINDRACE_PATTERN": "hotplug-async", "BINDRACE_CYCLE": "3",
      "BINDRACE_VERDICT": "late-async-attach", "BINDRACE_DEVICE": "scsi/0:0:0:0",
      "BINDRACE_SYSPATH": "/sys/devices/pseudo_0/adapter0/host0/0:0:0:0", "BINDRACE_DRIVER": "sd",
      "BINDRACE_AFTER_NS": "1258007", "BINDRACE_ATTACH_NS": "9007199258000000",
      "BINDRACE_FUNCTION": "__device_attach_async_helper", "BINDRACE_COMMAND": "kworker/u8:1",
      "BINDRACE_PID": "57",
      "BINDRACE_STACK": "driver_bound\nreally_probe\n__device_attach_async_helper",
      "BINDRACE_UNBIND_NS": "9007199254740993", "BINDRACE_UNBIND_END_NS": "9007199256741993",
      "BINDRACE_UNBIND_ERRNO": "0", "BINDRACE_UNBIND_PID": "311",
      "BINDRACE_UNBIND_COMMAND": "udevd", "BINDRACE_SEQNUM_UNBIND": "4711",
      "BINDRACE_SEQNUM_BIND": "4712", "BINDRACE_EVIDENCE": "trace",
    ]
    #expect(
      entry.allValues.map { "\($0.field.rawValue)=\($0.text)" }
        == expected.map { "\($0.key)=\($0.value)" })
  }

  @Test(arguments: [
    (Verdict.lateAsyncAttach, Columns(), JournalMessage.finding, JournalPriority.err),
    (.inconclusive, Columns(), .finding, .warning), (.collateral, Columns(), .note, .notice),
    (.collateral, Columns(failOn: [.collateral]), .finding, .err),
    (.lateAttach, Columns(note: [.lateAttach]), .note, .notice),
  ])
  func `the column decides how urgent a finding is`(
    _ verdict: Verdict, _ columns: Columns, _ message: JournalMessage, _ priority: JournalPriority
  ) {
    let entry = JournalEntry.finding(
      Samples.lateAttach(verdict), run: Samples.run, columns: columns)
    #expect(entry.message == message)
    #expect(entry.priority == priority)
  }

  @Test(arguments: [Samples.lateAttach(), Samples.hang, Samples.lateAttach(.attachAfterRefusal)])
  func `a finding is read back as it was`(_ finding: Finding) {
    #expect(Finding(record(.finding(finding, run: Samples.run))) == finding)
  }

  @Test func `what the kernel names is safe on a terminal`() {
    var finding = Samples.lateAttach()
    finding.attach?.command = "evil\u{1b}[2J"
    finding.text = "two\nlines"
    finding.log = ["a\u{7}", "b"]
    let entry = JournalEntry.finding(finding, run: Samples.run)
    #expect(entry[.command] == #"evil\u{1B}[2J"#)
    #expect(entry.text == #"two\nlines"#)
    #expect(entry[.log] == "a\\u{07}\nb")
  }

  @Test func `a pattern is summed up`() {
    let entry = JournalEntry.pattern(Samples.row, run: Samples.run)
    #expect(entry.message == .patternSummary)
    #expect(entry.priority == .info)
    #expect(
      entry.text
        == "hotplug-async on scsi/0:0:0:0: 5 cycles, 4 hits: late-async-attach 3, missed 2")
    #expect(entry[.cycles] == "5")
    #expect(entry[.hits] == "4")
    #expect(entry[.verdicts] == "late-async-attach=3 missed=2")
    #expect(entry[.seconds] == "12.346")
    #expect(entry[.patternID] == "A1")
  }

  @Test func `the end of a run says how it ended and whether the host was put back`() {
    let entry = JournalEntry.runEnd(Samples.result)
    #expect(entry.text == "Run \(Samples.run) ended: fail, 5 cycles, 4 hits")
    #expect(entry.priority == .info)
    #expect(entry[.conclusion] == "fail")
    #expect(entry[.restored] == "yes")
    #expect(entry[.failOn] == "collateral")
    #expect(entry[.note] == "late-attach")
    var result = Samples.result
    result.isRestored = false
    #expect(JournalEntry.runEnd(result).priority == .err)
    #expect(JournalEntry.runEnd(result)[.restored] == "no")
    let skipped = JournalEntry.runEnd(result, because: "no root")
    #expect(skipped[.conclusion] == "skip")
    #expect(skipped[.reason] == "no root")
  }

  @Test func `a loss is a warning with its numbers`() {
    let entry = JournalEntry.evidenceLost(
      EvidenceLoss(ueventsReceived: 9, traceLost: 7), run: Samples.run, place: "cycle 3",
      pattern: "hotplug-async", cycle: 3)
    #expect(entry.priority == .warning)
    #expect(entry.text == "Evidence was lost in cycle 3: 7 trace records lost.")
    #expect(entry[.traceLost] == "7")
    #expect(entry[.ueventsLost] == nil)
  }

  @Test func `a recording that stood still is a loss`() {
    let loss = EvidenceLoss(traceStopped: 2)
    let entry = JournalEntry.evidenceLost(loss, run: Samples.run, place: "cycle 3")
    #expect(entry.text == "Evidence was lost in cycle 3: the trace stood still.")
    #expect(entry[.traceStopped] == "2")
    let blind = JournalEntry.watchLost(loss, run: Samples.run, reason: "why", evidence: .uevent)
    #expect(blind[.traceStopped] == "2")
    #expect(blind[.evidence] == "uevent")
    #expect(blind.text == "Not all was seen: why: the trace stood still.")
    let twice = JournalEntry.watchLost(loss, run: Samples.run, reason: "the trace stood still: why")
    #expect(twice.text == "Not all was seen: the trace stood still: why.")
    let again = JournalEntry.watchAgain(run: Samples.run, reason: "why", evidence: .trace)
    #expect(again.text == "All is seen again: why.")
    #expect(again[.evidence] == "trace")
    var result = Samples.result
    #expect(JournalEntry.runEnd(result)[.traceStopped] == nil)
    result.loss = loss
    #expect(JournalEntry.runEnd(result)[.traceStopped] == "2")
  }

  @Test func `a run without a trace says why`() {
    var result = Samples.result
    #expect(JournalEntry.runEnd(result)[.untraced] == nil)
    result.untraced = "this kernel has no\ndriver_bound"
    #expect(JournalEntry.runEnd(result)[.untraced] == #"this kernel has no\ndriver_bound"#)
  }

  @Test func `what made a driver asynchronous is told of its race and its findings`() {
    var row = Samples.row
    row.asynchronousBy = "module parameter"
    let entry = JournalEntry.pattern(row, run: Samples.run)
    #expect(entry.text.hasSuffix("missed 2; asynchronous by module parameter alone"))
    #expect(entry[.asynchronousBy] == "module parameter")
    let finding = Samples.lateAttach().asynchronous(by: "module parameter")
    let told = JournalEntry.finding(finding, run: Samples.run)
    #expect(told[.asynchronousBy] == "module parameter")
    #expect(told.lines[2] == "  asynchronous by module parameter alone")
    #expect(Finding(record(told)) == finding)
  }

  @Test func `a host that was not put back is an error`() {
    #expect(JournalEntry.restore(run: "r", done: 3, failures: []).priority == .info)
    let entry = JournalEntry.restore(run: "r", done: 3, failures: ["mask: EIO", "sd: ENODEV"])
    #expect(entry.priority == .err)
    #expect(entry[.reason] == "mask: EIO\nsd: ENODEV")
  }

  @Test func `without a journal a finding says who, how long after, and with which stack`() {
    let lines = JournalEntry.finding(Samples.lateAttach(), run: Samples.run).lines
    #expect(
      lines == [
        "late-async-attach: sd came back on scsi/0:0:0:0 1.258 ms after the detach.",
        "  1.258 ms after, by __device_attach_async_helper (kworker/u8:1, pid 57)",
        "    driver_bound", "    really_probe", "    __device_attach_async_helper",
      ])
    #expect(JournalEntry.pattern(Samples.row, run: "r").lines.count == 1)
  }

  @Test func `every kind has an id of its own`() {
    let ids = JournalMessage.allCases.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }

  @Test func `the export format keeps an entry whole`() {
    for finding in [Samples.lateAttach(), Samples.hang] {
      let entry = JournalEntry.finding(finding, run: Samples.run)
      #expect(JournalExport.decode(JournalExport.encode(entry)) == entry)
    }
  }

  @Test func `an entry that is cut off anywhere is none`() {
    let bytes = JournalExport.encode(.finding(Samples.lateAttach(), run: Samples.run))
    for length in bytes.indices {
      #expect(JournalExport.decode(Array(bytes[..<length])) == nil, "\(length)")
    }
  }

  @Test(arguments: [EvidenceLevel.trace, .uevent])
  func `a daemon says at its start what it rests on, and why where that is not the trace`(
    level: EvidenceLevel
  ) {
    let entry = JournalEntry.daemonStarted(
      run: "r", version: "1", about: "watches", evidence: level, because: "blind: why")
    #expect(entry.text == "bindrace 1 started: watches; blind: why")
    #expect(entry[.evidence] == level.rawValue)
    #expect(entry[.reason] == (level == .trace ? nil : "blind: why"))
    #expect(entry.priority == (level == .trace ? .info : .warning))
  }
}
