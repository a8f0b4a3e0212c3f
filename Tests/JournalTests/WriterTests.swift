import Evidence
import Synchronization
import TemporaryFolder
import Testing

@testable import Journal

/// Nobody waits for journald, and no finding is lost by it.
@Suite struct WriterTests {
  let folder = TemporaryFolder()
  let journald: FakeJournald
  let said = Said()

  final class Said {
    var lines: [String] = []
  }

  init() throws {
    journald = try FakeJournald()
  }

  private func writer(
    _ run: String = "run-1", capacity: Int = 1000, _ limits: Outbox.Limits = .init()
  )
    throws -> JournalWriter
  {
    try JournalWriter(
      run: run, server: journald,
      outbox: Outbox(run: run, folder: "\(folder.path)/outbox", limits: limits),
      capacity: capacity,
      timing: .init(backoff: [.milliseconds(1), .milliseconds(5)], patience: .milliseconds(20))
    ) { [said] in said.lines.append($0) }
  }

  private func finding(_ cycle: Int) -> JournalEntry {
    .finding(Samples.lateAttach(cycle: cycle), run: "run-1")
  }

  private func summary(_ number: Int) -> JournalEntry {
    var row = Samples.row
    row.cycles = number
    return .pattern(row, run: "run-1")
  }

  private var kept: [String] {
    folder.files("outbox").filter { $0.split(separator: "/").count == 3 }
  }

  @Test func `entries arrive in their order, and nothing stays behind`() throws {
    let writer = try writer()
    for number in 1...50 { writer.write(number % 3 == 0 ? finding(number) : summary(number)) }
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(
      journald.received.map { $0[.cycle] ?? $0[.cycles] } == (1...50).map { "\($0)" })
    #expect(folder.files() == ["outbox"])
    #expect(said.lines.isEmpty)
  }

  @Test func `a finding gets its number, its time and its boot`() throws {
    let writer = try writer()
    writer.write(finding(7))
    writer.write(finding(8))
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.received.map { $0[.finding] } == ["1", "2"])
    #expect(journald.received[0][.boot]?.count == 32)
    #expect(Int(journald.received[0][.realtime] ?? "").map { $0 > 1_700_000_000_000_000 } == true)
  }

  @Test func `a stopped journald holds nobody up, and gets everything when it goes on`() throws {
    journald.state.withLock { $0.isStopped = true }
    let writer = try writer()
    for number in 1...20 { writer.write(finding(number)) }
    #expect(kept.count == 20)
    journald.resume()
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.received.map { $0[.cycle] } == (1...20).map { "\($0)" })
    #expect(kept.isEmpty)
  }

  @Test
  func `where journald stays stopped the end says what is left, and that stays on disk`()
    throws
  {
    journald.state.withLock { $0.isStopped = true }
    do {
      let writer = try writer()
      for number in 1...3 { writer.write(finding(number)) }
      writer.write(summary(4))
      let remainder = writer.finish(within: .milliseconds(20))
      #expect(remainder == JournalWriter.Remainder(keptFindings: 3, lostFindings: 0, others: 1))
    }
    #expect(kept.count == 3)
    // The thread above still holds its folder, as a process that lives does.
    journald.resume()
    #expect(eventually { kept.isEmpty })
  }

  @Test func `what a dead process left is looked for in the journal first`() throws {
    let stored: JournalEntry
    do {
      let dead = Outbox(run: "run-0", folder: "\(folder.path)/outbox")
      var one = finding(1)
      one[.finding] = "1"
      stored = one
      _ = try dead.keep(one)
      var two = finding(2)
      two[.finding] = "2"
      _ = try dead.keep(two)
    }
    journald.state.withLock { $0.stored = [stored] }
    let writer = try writer()
    #expect(eventually { kept.isEmpty })
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.received.map { $0[.cycle] } == ["2"])
  }

  @Test func `a finding that the journal does not show is sent again`() throws {
    journald.state.withLock { $0.loses = 1 }
    let writer = try writer()
    writer.write(finding(1))
    // It is missed twice, with time between, before it counts as lost.
    #expect(eventually { journald.received.count == 2 })
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.received.map { $0[.cycle] } == ["1", "1"])
  }

  private func note(_ cycle: Int) -> JournalEntry {
    .finding(Samples.lateAttach(cycle: cycle, .foreignAttach), run: "run-1")
  }

  private func copies(_ cycle: Int) -> Int {
    journald.received.count { $0.isFinding && $0[.cycle] == "\(cycle)" }
  }

  /// Storage=none is -1, MaxLevelStore=crit 2.
  @Test(arguments: [-1, 2])
  func `a journal that keeps nothing gets each finding twice at most, and says so once`(level: Int)
    throws
  {
    journald.state.withLock { $0.maxLevelStore = level }
    let writer = try writer()
    for cycle in 1...5 { writer.write(finding(cycle)) }
    #expect(eventually { kept.isEmpty })
    writer.write(finding(6))
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(kept.isEmpty)
    for cycle in 1...6 { #expect((1...2).contains(copies(cycle)), "\(cycle): \(copies(cycle))") }
    #expect(copies(6) == 1, "by then it is known")
    #expect(said.lines.filter { $0.contains("does not hold") }.count == 1)
    #expect(journald.received.filter { $0.message == .entriesLost }.count == 1)
  }

  @Test func `what only the less urgent ones meet is not held against the others`() throws {
    journald.state.withLock { $0.maxLevelStore = 3 }
    let writer = try writer()
    writer.write(note(1))
    #expect(eventually { kept.isEmpty })
    #expect(copies(1) == 2)
    #expect(eventually { journald.received.contains { $0.message == .entriesLost } })
    journald.state.withLock { $0.loses = 1 }
    writer.write(finding(2))
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(copies(2) == 2)
    #expect(journald.state.withLock { $0.stored.count { $0[.cycle] == "2" } } == 1)
  }

  @Test
  func `where it has kept findings one that is lost again and again is sent until it is there`()
    throws
  {
    let writer = try writer()
    writer.write(finding(1))
    #expect(eventually { kept.isEmpty })
    journald.state.withLock { $0.loses = 5 }
    writer.write(finding(2))
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(copies(2) == 6)
    #expect(journald.state.withLock { $0.stored.count { $0[.cycle] == "2" } } == 1)
  }

  @Test(arguments: [1, 2])
  func `what an earlier process sent in this boot is not sent without end by later ones`(sends: Int)
    throws
  {
    journald.state.withLock { $0.maxLevelStore = -1 }
    do {
      let dead = Outbox(run: "run-0", folder: "\(folder.path)/outbox")
      let kept = try dead.keep(finding(1)).kept
      for _ in 1...sends { try dead.noteSend(kept) }
    }
    for run in 1...3 {
      let writer = try writer("run-\(run)")
      #expect(eventually { kept.isEmpty })
      #expect(writer.finish(within: .seconds(20)).isEmpty)
    }
    #expect(copies(1) == 2 - sends)
  }

  @Test func `what was sent before a crash of the host is sent again`() throws {
    do {
      let dead = Outbox(run: "run-0", folder: "\(folder.path)/outbox", boot: "b007")
      let kept = try dead.keep(finding(1)).kept
      for _ in 1...3 { try dead.noteSend(kept) }
    }
    let writer = try writer()
    #expect(eventually { kept.isEmpty })
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.state.withLock { $0.stored.count { $0[.cycle] == "1" } } == 1)
  }

  @Test func `a journald that cannot be asked is waited for before something is sent again`() throws
  {
    journald.state.withLock {
      $0.syncError = SystemError(call: "sync", object: "", errno: 2, reason: "none")
      $0.maxLevelStore = -1
    }
    let writer = try writer()
    writer.write(finding(1))
    #expect(eventually { kept.isEmpty })
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(copies(1) == 2)
  }

  @Test func `a full outbox drops the oldest, and that is said`() throws {
    journald.state.withLock { $0.isStopped = true }
    let writer = try writer("run-1", .init(findings: 3))
    for cycle in 1...10 { writer.write(finding(cycle)) }
    #expect(kept.count == 3)
    journald.resume()
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    // The thread had taken the first ones already.
    #expect(Set(["8", "9", "10"]).isSubset(of: journald.received.map { $0[.cycle] ?? "" }))
    #expect(
      said.lines.contains {
        $0.contains("the oldest findings are dropped") && $0.contains("4 so far")
      })
    #expect(journald.received.compactMap { $0[.dropped] }.contains("4"))
  }

  @Test func `as long as journald does not answer a finding stays on disk`() throws {
    journald.state.withLock {
      $0.syncError = SystemError(call: "sync", object: "", errno: 110, reason: "timed out")
    }
    let writer = try writer()
    writer.write(finding(1))
    #expect(eventually { journald.state.withLock { $0.syncs } > 3 })
    #expect(kept.count == 1)
    journald.state.withLock { $0.syncError = nil }
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(kept.isEmpty)
    #expect(journald.received.count == 1)
  }

  @Test func `with nothing to read back nobody looks`() throws {
    let writer = try writer()
    for number in 1...5 { writer.write(summary(number)) }
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.state.withLock { $0.looks } == 0)
    #expect(journald.state.withLock { $0.syncs } == 0)
  }

  @Test func `a full queue drops what is no finding, and says how much`() throws {
    journald.state.withLock { $0.isStopped = true }
    let writer = try writer(capacity: 5)
    writer.write(summary(0))
    // The thread has taken the first one, and is held up by it.
    for number in 1...30 { writer.write(summary(number)) }
    for number in 1...10 { writer.write(finding(number)) }
    journald.resume()
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    let received = journald.received
    #expect(received.filter(\.isFinding).count == 10)
    let dropped = received.compactMap { $0[.dropped] }.compactMap { Int($0) }.reduce(0, +)
    #expect(dropped > 0)
    #expect(received.filter { $0.message == .patternSummary }.count + dropped == 31)
    #expect(said.lines.contains { $0.contains("queue is full") })
  }

  @Test func `a full outbox is said, and the finding is sent all the same`() throws {
    let writer = try writer("run-1", .init(findings: 0))
    writer.write(finding(1))
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(said.lines.contains { $0.contains("the outbox is full") })
    #expect(journald.received.map(\.message).contains(.entriesLost))
    #expect(journald.received.map(\.message).contains(.finding))
  }

  @Test func `where there is no journald the lines are said, and nothing is kept`() throws {
    journald.state.withLock {
      $0.isListening = false
      $0.isExpected = false
    }
    let writer = try writer()
    writer.write(finding(1))
    writer.write(summary(2))
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(said.lines.count == 6)
    #expect(said.lines[0].hasPrefix("late-async-attach: "))
    #expect(said.lines[3] == "    really_probe")
    #expect(journald.received.isEmpty)
    #expect(folder.files().isEmpty)
  }

  @Test func `where journald is only away the findings are said and kept, and delivered later`()
    throws
  {
    journald.state.withLock { $0.isListening = false }
    let writer = try writer()
    writer.write(finding(1))
    writer.write(summary(2))
    #expect(said.lines.count == 6)
    #expect(kept.count == 1)
    journald.state.withLock { $0.isListening = true }
    #expect(eventually { kept.isEmpty })
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.received.map(\.isFinding) == [true])
  }

  @Test func `an entry that journald refuses is tried again when it is a finding`() throws {
    journald.state.withLock {
      $0.error = SystemError(call: "send", object: "", errno: 111, reason: "refused")
    }
    let writer = try writer()
    writer.write(finding(1))
    #expect(eventually { journald.state.withLock { $0.looks } > 1 })
    journald.state.withLock { $0.error = nil }
    #expect(writer.finish(within: .seconds(20)).isEmpty)
    #expect(journald.received.count == 1)
    #expect(said.lines.contains { $0.contains("refused") })
  }
}
