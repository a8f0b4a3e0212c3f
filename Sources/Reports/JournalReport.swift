internal import Evidence
public import Journal

/// What the journal says of runs and of what came back: which devices, how long after an unbind, by
/// whom.
public struct JournalReport: Sendable {
  private let records: [JournalRecord]
  private let filter: JournalFilter
  private let clock: WallClock
  /// What could not be read, a sentence each.
  private var unread: [String] = []
  /// How many entries are of others.
  private var untrusted = 0

  /// - Parameter records: bindrace's, in the order of the journal.
  public init(_ records: [JournalRecord], _ filter: JournalFilter, clock: WallClock = WallClock()) {
    self.records = records
    self.filter = filter
    self.clock = clock
  }

  /// - Parameter sweep: all that a journal has.
  public init(_ sweep: JournalSweep, _ filter: JournalFilter, clock: WallClock = WallClock()) {
    self.init(sweep.records, filter, clock: clock)
    unread = sweep.unread
    untrusted = sweep.untrusted
  }

  /// What is said of entries that others wrote, to who follows.
  public static let untrusted =
    "an entry that looks like bindrace's was not written by root's bindrace, and is left out, as all like it are"

  /// What is not in the report and could have been, a line each.
  public var remarks: [String] {
    let most = 5
    var lines = unread.prefix(most).map { "not all of the journal could be read: \($0)" }
    if unread.count > most {
      lines.append("not all of the journal could be read: \(unread.count - most) more files")
    }
    if untrusted > 0 {
      let entries = untrusted == 1 ? "1 entry that looks" : "\(untrusted) entries that look"
      lines.append("\(entries) like bindrace's and not by root's bindrace: left out")
    }
    return lines.map(\.printable)
  }

  /// A row per run, then the findings: alike ones as one in full and the range of their delays. A
  /// newline at the end.
  public func text(colour: Bool = false) -> String {
    let history = JournalHistory(records, filter)
    let ink = Ink(colour: colour)
    if history.runs.isEmpty && history.findings.isEmpty {
      return "nothing of bindrace is in the journal\(filter.isOpen ? "" : " that is asked for")\n"
    }
    var paragraphs: [[String]] = []
    if !history.runs.isEmpty { paragraphs.append(table(history.runs).lines(ink)) }
    for group in JournalGroup.groups(of: history.findings) {
      paragraphs.append(group.lines(ink, clock))
    }
    if history.findings.isEmpty { paragraphs.append(["no findings"]) }
    return paragraphs.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  /// `{"schema": 1, "runs": […], "findings": […], "unread": […], "untrusted": 0}`. Throws what JSONEncoder throws.
  public func json() throws -> String {
    let history = JournalHistory(records, filter)
    return try jsonText(
      JournalDocument(
        runs: history.runs.map(JournalDocument.Run.init),
        findings: history.findings.map { JournalDocument.Finding($0) }, unread: unread,
        untrusted: untrusted))
  }

  /// One record for a reader who follows; nil where it is not asked for.
  public func line(_ record: JournalRecord, colour: Bool = false) -> String? {
    guard filter.takes(record) else { return nil }
    let ink = Ink(colour: colour)
    let run = (record[.run] ?? "").prefix(8)
    let sentence = "\(clock.text(record.happened)) \(run) \(record[.message] ?? "")".printable
    guard let finding = JournaledFinding(record) else { return sentence + "\n" }
    let title = "\(clock.text(finding.realtime)) \(run) \(finding.finding.verdict.rawValue)"
      .printable
    let lines = finding.finding.lines.map { "  " + $0 }
    return ([finding.isFailing ? ink.red(title) : ink.bold(title)] + lines)
      .joined(separator: "\n") + "\n"
  }

  /// One record as a line of JSON; nil where it is not asked for. Throws what JSONEncoder throws.
  public func jsonLine(_ record: JournalRecord) throws -> String? {
    guard filter.takes(record) else { return nil }
    if let finding = JournaledFinding(record) {
      return try jsonTextLine(JournalDocument.Finding(finding, event: record.message))
    }
    return try jsonTextLine(JournalDocument.Event(record))
  }

  private func table(_ runs: [JournaledRun]) -> TextTable {
    var table = TextTable(
      ["run", "begin", "end", "conclusion", "cycles", "hits", "findings", "remarks"],
      numeric: [4, 5, 6])
    for run in runs {
      table.append([
        String(run.run.prefix(8)), run.begin.map(clock.text) ?? "-", run.end.map(clock.text) ?? "-",
        run.conclusion ?? "no end", run.cycles.map(String.init) ?? "-",
        run.hits.map(String.init) ?? "-", "\(run.findings)", run.remarks,
      ])
    }
    return table
  }
}

extension JournaledRun {
  fileprivate var remarks: String {
    var remarks = reason.map { [$0] } ?? []
    if let untraced { remarks.append("no trace: \(untraced)") }
    if !isRestored { remarks.append("HOST NOT RESTORED") }
    if isEvidenceLost { remarks.append("evidence was lost") }
    return remarks.joined(separator: "; ")
  }
}

extension JournalFilter {
  /// True where everything is asked for.
  fileprivate var isOpen: Bool {
    since == nil && until == nil && run == nil && !wantsFindings
  }
}
