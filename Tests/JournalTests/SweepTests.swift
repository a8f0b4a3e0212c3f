import DriverModel
import Evidence
import Glibc
import Testing

@testable import Journal

/// A journal that changes while it is read: what there is of it is read, and what is not is said.
@Suite(.enabled(if: JournalFolder.isPossible, "systemd-journal-remote is not installed"))
struct SweepTests {
  private func finding(_ cycle: Int) -> JournalEntry {
    var entry = JournalEntry.finding(Samples.lateAttach(cycle: cycle), run: Samples.run)
    entry[.finding] = "\(cycle)"
    return entry
  }

  /// Three files of 40 entries each, in their order.
  private func journal() throws -> JournalFolder {
    let journal = JournalFolder()
    for (index, name) in ["a", "b", "c"].enumerated() {
      let first = 40 * index
      try journal.append(
        (first..<(first + 40)).map(finding), file: "\(name).journal", after: Int64(first))
    }
    return journal
  }

  private func cycles(_ sweep: JournalSweep) -> [Int] {
    sweep.records.compactMap { $0[.cycle].flatMap { Int($0) } }
  }

  @Test func `all files are read as one, in the order of their times`() throws {
    let journal = try journal()
    let sweep = try JournalSweep(directory: journal.path)
    #expect(cycles(sweep) == Array(0..<120))
    #expect(sweep.unread.isEmpty && sweep.untrusted == 0)
    let late = try JournalSweep(
      directory: journal.path, since: JournalFolder.begin + 100 * 1_000_000)
    #expect(cycles(late) == Array(100..<120))
  }

  /// Puts zeros in place of what is there from this text on; of all where it is empty.
  private func erase(_ path: String, from text: String, isDeleted: Bool = false) throws {
    let bytes = try Directory("/").bytes(String(path.dropFirst()))
    let start = try #require(text.isEmpty ? 0 : bytes.firstRange(of: Array(text.utf8))?.lowerBound)
    let file = unsafe open(path, O_RDWR)
    defer { close(file) }
    if isDeleted { unsafe unlink(path) }
    var status = stat()
    unsafe fstat(file, &status)
    let zeros = [UInt8](repeating: 0, count: Int(status.st_size) - start)
    try #require(unsafe pwrite(file, zeros, zeros.count, off_t(start)) == zeros.count)
  }

  /// What unlinkat_deallocate() does: the name goes, then the blocks, which whoever has the file mapped reads as
  /// zeros from then on, here all of them or from some text on.
  @Test(arguments: ["", "BINDRACE_CYCLE=60"])
  func `a file that is vacuumed while it is read takes nothing of the others away`(text: String)
    throws
  {
    let journal = try journal()
    var visits = 0
    let sweep = try JournalSweep(directory: journal.path, since: nil) { path in
      guard path.hasSuffix("/b.journal") else { return }
      visits += 1
      if visits == 2 { try? erase(path, from: text, isDeleted: true) }
    }
    try #require(visits == 2)
    let cycles = cycles(sweep)
    #expect(cycles.filter { !(40..<80).contains($0) } == Array(0..<40) + Array(80..<120))
    #expect(Set(cycles).count == cycles.count)
    #expect(!sweep.unread.isEmpty && sweep.unread.allSatisfy { $0.contains("/b.journal") })
  }

  @Test func `a file that is gone before it is read is no error, and takes nothing away`() throws {
    let journal = try journal()
    var isFirst = true
    let sweep = try JournalSweep(directory: journal.path, since: nil) { path in
      if isFirst { unsafe unlink("\(journal.path)/c.journal") }
      isFirst = false
    }
    #expect(cycles(sweep) == Array(0..<80))
  }

  @Test(arguments: [1, 2])
  func `a file that is rotated while it is read, or before, is read once`(visit: Int) throws {
    let journal = try journal()
    var visits = 0
    let sweep = try JournalSweep(directory: journal.path, since: nil) { path in
      guard path.hasSuffix("/b.journal") else { return }
      visits += 1
      if visits == visit {
        unsafe rename(path, "\(journal.path)/b@0001.journal")
        try? journal.append((120..<130).map(finding), file: "b.journal", after: 120)
      }
    }
    #expect(cycles(sweep) == Array(0..<130))
    #expect(sweep.unread.isEmpty, "\(sweep.unread)")
  }

  @Test(arguments: ["", "BINDRACE_CYCLE=60"])
  func `a damaged file is said, and the others are read`(text: String) throws {
    let journal = try journal()
    try erase("\(journal.path)/b.journal", from: text)
    let sweep = try JournalSweep(directory: journal.path)
    #expect(cycles(sweep).filter { !(40..<80).contains($0) } == Array(0..<40) + Array(80..<120))
    #expect(sweep.unread.count == 1 && sweep.unread[0].contains("/b.journal"), "\(sweep.unread)")
  }

  @Test func `folders that machine ids name are read, those of namespaces too`() throws {
    let journal = JournalFolder()
    let machine = "0123456789abcdef0123456789abcdef"
    let folders = [machine, "\(machine).test", "remote", "\(machine)x"]
    for (index, name) in folders.enumerated() {
      try #require(unsafe mkdir("\(journal.path)/\(name)", 0o755) == 0)
      try journal.append(
        [finding(index)], file: "\(name)/system.journal", after: Int64(index))
    }
    #expect(try cycles(JournalSweep(directory: journal.path)) == [0, 1])
  }

  @Test(arguments: [
    (["_UID": "0", "_EXE": "/usr/bin/bindrace"], true), (["_UID": "0"], true),
    (["_UID": "0", "_EXE": "/usr/bin/bindrace (deleted)"], true),
    (["_UID": "0", "_EXE": "/usr/bin/logger"], false),
    (["_UID": "1000", "_EXE": "/usr/bin/bindrace"], false), ([:], false),
  ])
  func `who wrote an entry is what journald says, not the entry`(
    trusted: [String: String], isOurs: Bool
  ) throws {
    let journal = JournalFolder()
    try journal.append([finding(1), finding(2)], file: "x.journal", after: 0, trusted: trusted)
    let sweep = try JournalSweep(directory: journal.path)
    #expect(sweep.records.count == (isOurs ? 2 : 0))
    #expect(sweep.untrusted == (isOurs ? 0 : 2))
  }
}
