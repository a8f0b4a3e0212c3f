public import Evidence

extension JournalEntry {
  /// A finding of a run, in the column that the run counts it in.
  public static func finding(_ finding: Finding, run: String, columns: Columns = Columns())
    -> JournalEntry
  {
    let (message, priority) = kind(columns.weight(of: finding.verdict))
    let unbind = finding.unbind
    let attach = finding.attach
    let sleep = finding.writer?.sleep
    return JournalEntry(
      message, priority, finding.text,
      [
        .run: run, .pattern: finding.pattern, .cycle: "\(finding.cycle)",
        .verdict: finding.verdict.rawValue, .device: finding.device.printable,
        .syspath: finding.syspath.printable, .driver: finding.driver.printable,
        .asynchronousBy: finding.asynchronousBy?.printable,
        .after: text(attach?.after), .attach: text(attach?.time.nanoseconds),
        .function: attach?.function?.printable, .command: attach?.command?.printable,
        .pid: text(attach?.pid), .stack: attach?.stack.journalText,
        .unbind: text(unbind?.start.nanoseconds), .unbindEnd: text(unbind?.end?.nanoseconds),
        .unbindErrno: text(unbind?.errno), .unbindPID: text(unbind?.pid),
        .unbindCommand: unbind?.command?.printable,
        .seqnumUnbind: text(finding.seqnum.unbind), .seqnumBind: text(finding.seqnum.bind),
        .evidence: finding.evidence.rawValue,
        .writerPID: text(finding.writer?.pid), .writerCommand: sleep?.command.printable,
        .writerFunction: sleep?.function?.printable, .writerStack: sleep?.stack.journalText,
        .log: finding.log.journalText,
      ])
  }

  private static func kind(_ weight: Verdict.Weight) -> (JournalMessage, JournalPriority) {
    switch weight {
    case .fail: (.finding, .err)
    case .inconclusive: (.finding, .warning)
    case .note, .counted, .pass: (.note, .notice)
    }
  }

  private static func text<Number: BinaryInteger>(_ number: Number?) -> String? {
    number.map { "\($0)" }
  }
}

extension Finding {
  /// The finding that a record of the journal holds; nil where it holds none.
  public init?(_ record: JournalRecord) {
    guard record.message == .finding || record.message == .note,
      let verdict = record[.verdict].flatMap(Verdict.init),
      let evidence = record[.evidence].flatMap(EvidenceLevel.init),
      let cycle = record[.cycle].flatMap({ Int($0) })
    else { return nil }
    self.init(
      verdict: verdict, pattern: record[.pattern] ?? "", cycle: cycle, evidence: evidence,
      device: record[.device] ?? "", syspath: record[.syspath] ?? "",
      driver: record[.driver] ?? "", unbind: Unbind(record), attach: Attach(record),
      seqnum: Seqnum(
        unbind: record[.seqnumUnbind].flatMap { UInt64($0) },
        bind: record[.seqnumBind].flatMap { UInt64($0) }),
      writer: Writer(record), text: record[.message] ?? "", log: record.lines(.log))
    asynchronousBy = record[.asynchronousBy]
  }
}

extension Finding.Unbind {
  fileprivate init?(_ record: JournalRecord) {
    guard let start = record.time(.unbind) else { return nil }
    self.init(
      start: start, end: record.time(.unbindEnd), errno: record[.unbindErrno].flatMap { Int32($0) },
      pid: record[.unbindPID].flatMap { Int32($0) }, command: record[.unbindCommand])
  }
}

extension Finding.Attach {
  fileprivate init?(_ record: JournalRecord) {
    guard let time = record.time(.attach) else { return nil }
    self.init(
      time: time, after: record[.after].flatMap { Int64($0) }, function: record[.function],
      command: record[.command], pid: record[.pid].flatMap { Int32($0) },
      stack: record.lines(.stack))
  }
}

extension Finding.Writer {
  fileprivate init?(_ record: JournalRecord) {
    guard let pid = record[.writerPID].flatMap({ Int32($0) }) else { return nil }
    self.init(
      pid: pid,
      sleep: record[.writerCommand].map {
        KernelSleep(
          command: $0, function: record[.writerFunction], stack: record.lines(.writerStack))
      })
  }
}
