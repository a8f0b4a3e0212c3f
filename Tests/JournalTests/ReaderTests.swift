import Evidence
import TemporaryFolder
import Testing

@testable import Journal

/// What is read from a journal file is what was written to it.
@Suite(.enabled(if: JournalFolder.isPossible, "systemd-journal-remote is not installed"))
struct ReaderTests {
  private func finding(_ cycle: Int) -> JournalEntry {
    var entry = JournalEntry.finding(Samples.lateAttach(cycle: cycle), run: Samples.run)
    entry[.finding] = "\(cycle)"
    return entry
  }

  private var entries: [JournalEntry] {
    [
      .runStart(Samples.result, patterns: [], targets: [], amount: "5 cycles"), finding(1),
      finding(2), .pattern(Samples.row, run: Samples.run), .runEnd(Samples.result),
    ]
  }

  private func all(_ reader: JournalReader) throws -> [JournalRecord] {
    var records: [JournalRecord] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  @Test func `every entry comes back whole, in order, with its time and place`() throws {
    let journal = try JournalFolder(entries)
    let records = try all(JournalReader(directory: journal.path))
    #expect(records.count == 5)
    for (record, entry) in zip(records, entries) {
      #expect(record.message == entry.message)
      for value in entry.allValues { #expect(record[value.field] == value.text) }
    }
    #expect(Finding(records[1]) == Samples.lateAttach(cycle: 1))
    #expect(records.map(\.realtime) == (0..<5).map { JournalFolder.begin + $0 * 1_000_000 })
    #expect(records[0].monotonic == Time(nanoseconds: 5_000_000_000))
    #expect(records[0].boot == "0123456789abcdef0123456789abcdef")
    #expect(records[0].hostname == "host")
  }

  @Test func `a match of several values takes each, of several fields all`() throws {
    let journal = try JournalFolder(entries)
    let reader = try JournalReader(directory: journal.path)
    try reader.match(.messageID, [JournalMessage.finding.id, JournalMessage.runEnd.id])
    #expect(try all(reader).map(\.message) == [.finding, .finding, .runEnd])
    try reader.match(.cycle, ["2"])
    try reader.seekHead()
    #expect(try all(reader).map { $0[.cycle] } == ["2"])
    reader.removeMatches()
    try reader.seekHead()
    #expect(try all(reader).count == 5)
  }

  @Test func `reading begins at an instant`() throws {
    let journal = try JournalFolder(entries)
    let reader = try JournalReader(directory: journal.path)
    try reader.seek(to: JournalFolder.begin + 2_500_000)
    #expect(try all(reader).map(\.message) == [.patternSummary, .runEnd])
  }

  @Test func `a finding is known by its run, cycle and number`() throws {
    let journal = try JournalFolder(entries)
    let reader = try JournalReader(directory: journal.path)
    #expect(try reader.holds(finding(1), writtenBy: 0))
    #expect(try reader.holds(finding(2), writtenBy: 0))
    #expect(try !reader.holds(finding(3), writtenBy: 0))
    var other = finding(2)
    other[.finding] = "7"
    #expect(try !reader.holds(other, writtenBy: 0))
    var foreign = finding(2)
    foreign[.run] = "another"
    #expect(try !reader.holds(foreign, writtenBy: 0))
  }

  @Test func `what somebody else wrote is not the finding that is looked for`() throws {
    let journal = JournalFolder()
    try journal.append([finding(1)], file: "user.journal", after: 0, trusted: ["_UID": "1000"])
    let reader = try JournalReader(directory: journal.path)
    #expect(try !reader.holds(finding(1), writtenBy: 0))
    #expect(try reader.holds(finding(1), writtenBy: 1000))
  }

  @Test(arguments: [true, false])
  func `from the end on only what is added is read`(_ hasBefore: Bool) throws {
    let journal = try JournalFolder(hasBefore ? entries : [])
    let reader = try JournalReader(directory: journal.path)
    try reader.seekTail()
    #expect(try reader.next() == nil)
    try journal.append([finding(9)], file: "later.journal", after: 60)
    for _ in 0..<20 {
      if let record = try reader.next() {
        #expect(record[.cycle] == "9")
        return
      }
      try reader.wait(.seconds(1))
    }
    Issue.record("nothing came")
  }

  @Test func `an empty folder is an empty journal, a missing one an error`() throws {
    let folder = TemporaryFolder()
    #expect(try JournalReader(directory: folder.path).next() == nil)
    #expect(throws: SystemError.self) { try JournalReader(directory: "\(folder.path)/none") }
  }
}
