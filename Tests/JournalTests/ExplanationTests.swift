import DriverModel
import Evidence
import Testing

@testable import Journal

/// What journalctl -x and bindrace-journal-fields(7) say of entries is true.
@Suite struct ExplanationTests {
  /// Of each kind the entry that has the fewest fields.
  private static let least: [JournalMessage: JournalEntry] = {
    let nothing = RunResult(
      run: Samples.run, seed: 1, kernelRelease: "", kernelVersion: "", level: .sysfs)
    var note = Samples.hang
    note.verdict = .foreignAttach
    let row = PatternResult(
      id: "A1", name: "hotplug-async", target: "provider:scsi_debug", driver: "", widen: "")
    let entries: [JournalEntry] = [
      .finding(Samples.hang, run: "r"), .finding(note, run: "r"), .pattern(row, run: "r"),
      .runStart(nothing, patterns: [], targets: [], amount: "5 cycles"), .runEnd(nothing),
      .restore(run: nil, done: 1, failures: []),
      .evidenceLost(EvidenceLoss(), run: "r", place: "cycle 3"),
      .entriesLost(run: "r", dropped: 0, reason: "Why."),
      .daemonStarted(
        run: "r", version: "1", about: "watches", evidence: .trace, because: "evidence trace"),
      .daemonStopped(run: "r", reason: "0 uevents"),
      .configurationRejected(run: "r", path: "/etc/bindrace/bindrace.conf", reason: "why"),
      .deviceLeftOut(run: "r", device: "scsi/0:0:0:0", reason: "why"),
      .watchLost(EvidenceLoss(), run: "r", reason: "why", evidence: .uevent),
      .watchAgain(run: "r", reason: "why", evidence: .trace),
    ]
    return Dictionary(uniqueKeysWithValues: entries.map { ($0.message, $0) })
  }()

  /// A file of the sources.
  private static func text(_ folder: String, _ name: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: try Directory("/\(root)/\(folder)").bytes(name), as: UTF8.self)
  }

  /// The catalog's entries, by their ids.
  private func catalog() throws -> [(id: String, text: String)] {
    let parts = try Self.text("systemd", "bindrace.catalog").split(separator: "\n-- ").dropFirst()
    return parts.map { part in
      let lines = part.split(separator: "\n", maxSplits: 1)
      // What stands before the next entry is a comment on that.
      let text = lines[1].split(separator: "\n", omittingEmptySubsequences: false)
      return (String(lines[0]), text.filter { !$0.hasPrefix("#") }.joined(separator: "\n"))
    }
  }

  /// The words behind a macro of the manual, each.
  private func items(_ macro: String) throws -> [String] {
    try Self.text("docs/man", "bindrace-journal-fields.7").split(separator: "\n")
      .filter { $0.hasPrefix(macro) }
      .flatMap { $0.dropFirst(macro.count).split(separator: ",") }
      .map { $0.filter { $0 != " " } }
  }

  @Test func `the catalog has an entry for each kind, and no other`() throws {
    let ids = try catalog().map(\.id)
    #expect(ids.sorted() == JournalMessage.allCases.map(\.id).sorted())
  }

  @Test(arguments: JournalMessage.allCases)
  func `each names only fields that every entry of its kind has`(_ message: JournalMessage) throws {
    let text = try #require(catalog().first { $0.id == message.id }?.text)
    let entry = try #require(Self.least[message])
    let carried = Set(entry.allValues.map(\.field.rawValue))
    let named = text.matches(of: #/@([A-Z_]+)@/#).map { String($0.1) }
    #expect(Set(named).subtracting(carried) == [])
    // One that is not closed would stay as it is.
    #expect(text.count { $0 == "@" } == 2 * named.count)
  }

  @Test func `the manual has each field once`() throws {
    #expect(try items(".It Va ").sorted() == JournalField.allCases.map(\.rawValue).sorted())
  }

  @Test func `the manual has each kind of entry once`() throws {
    #expect(try items(".It Cm ").sorted() == JournalMessage.allCases.map(\.id).sorted())
  }

  @Test func `what the manual says that all entries have, all have`() throws {
    let page = try Self.text("docs/man", "bindrace-journal-fields.7")
    let list = try #require(
      page.split(separator: ".Sh ").first { $0.hasPrefix("FIELDS OF ALL ENTRIES") }?
        .split(separator: ".El").first)
    let named = list.matches(of: #/\n\.It Va ([A-Z_]+)/#).map { String($0.1) }
    // The writer gives the time to each.
    let all = JournalField.allCases.filter { field in
      field == .realtime
        || Self.least.values.allSatisfy { $0.allValues.contains { $0.field == field } }
    }
    #expect(named.sorted() == all.map(\.rawValue).sorted())
  }
}
