import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import Journal

/// A finding is on disk until the journal has it, whatever happens to its process.
@Suite struct OutboxTests {
  let folder = TemporaryFolder()

  private func outbox(_ run: String = "run-1", _ limits: Outbox.Limits = Outbox.Limits()) -> Outbox
  {
    Outbox(run: run, folder: "\(folder.path)/outbox", limits: limits)
  }

  private func finding(_ cycle: Int) -> JournalEntry {
    .finding(Samples.lateAttach(cycle: cycle), run: Samples.run)
  }

  @Test func `nothing is made before the first finding`() {
    let outbox = outbox()
    #expect(outbox.takeLeft().kept.isEmpty)
    #expect(folder.files().isEmpty)
  }

  @Test func `findings are there until they are deleted, for root alone`() throws {
    let outbox = outbox()
    let first = try outbox.keep(finding(1)).kept
    let second = try outbox.keep(finding(2)).kept
    #expect(
      folder.files() == [
        "outbox", "outbox/run-1", "outbox/run-1/00000001", "outbox/run-1/00000002",
      ])
    var status = stat()
    unsafe stat("\(folder.path)/outbox/run-1/00000001", &status)
    #expect(status.st_mode & 0o777 == 0o600)
    unsafe stat("\(folder.path)/outbox", &status)
    #expect(status.st_mode & 0o777 == 0o700)
    try outbox.delete(first)
    try outbox.delete(second)
    outbox.close()
    #expect(folder.files() == ["outbox"])
  }

  @Test func `what a process leaves is taken over, oldest first`() throws {
    do {
      let dead = outbox()
      for cycle in 1...12 { _ = try dead.keep(finding(cycle)) }
    }
    let next = outbox("run-2")
    let left = next.takeLeft()
    #expect(left.kept.map(\.entry) == (1...12).map(finding))
    #expect(left.damaged.isEmpty)
    for kept in left.kept { try next.delete(kept) }
    #expect(folder.files() == ["outbox"])
  }

  @Test func `the folder of a process that lives is left alone`() throws {
    let alive = outbox()
    _ = try alive.keep(finding(1))
    #expect(outbox("run-2").takeLeft().kept.isEmpty)
    withExtendedLifetime(alive) {}
  }

  @Test func `what was taken over is nobody else's`() throws {
    do { _ = try outbox().keep(finding(1)) }
    let second = outbox("run-2")
    let left = second.takeLeft()
    #expect(left.kept.count == 1)
    #expect(outbox("run-3").takeLeft().kept.isEmpty)
    #expect(second.takeLeft().kept.isEmpty)
    withExtendedLifetime(left) {}
  }

  @Test func `what is let go can be taken, whatever child still has the descriptor`() throws {
    var child: Int32 = -1
    do {
      let first = outbox()
      _ = try first.keep(finding(1))
      // As fork(2) does, which cannot be called here.
      let path = "\(folder.path)/outbox/run-1"
      let numbers = try Directory("/proc/self/fd").names().compactMap { Int32($0) }
      child = dup(
        try #require(numbers.first { (try? Directory("/proc/self/fd").link("\($0)")) == path }))
    }
    defer { close(child) }
    #expect(outbox("run-2").takeLeft().kept.count == 1)
  }

  @Test func `two processes of one run have a folder each`() throws {
    let first = outbox()
    let second = outbox()
    _ = try first.keep(finding(1))
    _ = try second.keep(finding(2))
    #expect(folder.files("outbox").contains("outbox/run-1.2/00000001"))
    withExtendedLifetime((first, second)) {}
  }

  @Test func `a folder that lost its last finding goes, also an empty one`() throws {
    unsafe mkdir("\(folder.path)/outbox", 0o700)
    unsafe mkdir("\(folder.path)/outbox/run-0", 0o700)
    _ = outbox().takeLeft()
    #expect(folder.files() == ["outbox"])
  }

  @Test func `a damaged finding is kept aside and named, the others are delivered`() throws {
    do {
      let dead = outbox()
      for cycle in 1...3 { _ = try dead.keep(finding(cycle)) }
    }
    folder.file("outbox/run-1/00000002", "MESSAGE=cut o")
    let next = outbox("run-2")
    let left = next.takeLeft()
    #expect(left.kept.map { $0.entry[.cycle] } == ["1", "3"])
    #expect(left.damaged == ["\(folder.path)/outbox/run-1.00000002.damaged"])
    for kept in left.kept { try next.delete(kept) }
    #expect(folder.files("outbox") == ["outbox/run-1.00000002.damaged"])
    // Nobody reads it again.
    #expect(outbox("run-3").takeLeft().damaged.isEmpty)
  }

  @Test(arguments: [Outbox.Limits(findings: 2), Outbox.Limits(bytes: 2000)])
  func `a full outbox lets the oldest go, also one that was taken over`(_ limits: Outbox.Limits)
    throws
  {
    do { _ = try outbox("run-0").keep(finding(1)) }
    let outbox = outbox("run-1", limits)
    let left = try #require(outbox.takeLeft().kept.first)
    let second = try outbox.keep(finding(2))
    #expect(second.dropped.isEmpty)
    let third = try outbox.keep(finding(3))
    #expect(third.dropped.map(\.entry) == [finding(1)])
    #expect(!outbox.has(left) && outbox.has(second.kept) && outbox.has(third.kept))
    #expect(folder.files("outbox").filter { $0.contains("/0") }.count == 2)
    // Who had it in hand deletes what is not there any more.
    try outbox.delete(left)
    try outbox.delete(second.kept)
    #expect(try outbox.keep(finding(4)).dropped.isEmpty)
  }

  @Test func `how often a finding was sent stands in its name, for this boot`() throws {
    do {
      let dead = Outbox(run: "run-0", folder: "\(folder.path)/outbox", boot: "b007")
      let kept = try dead.keep(finding(1)).kept
      _ = try dead.keep(finding(2))
      #expect(dead.sends(kept) == 0)
      try dead.noteSend(kept)
      try dead.noteSend(kept)
      #expect(dead.sends(kept) == 2)
    }
    #expect(folder.files("outbox/run-0").contains("outbox/run-0/00000001.2.b007"))
    do {
      let next = Outbox(run: "run-1", folder: "\(folder.path)/outbox", boot: "b007")
      let left = next.takeLeft().kept
      #expect(left.map { next.sends($0) } == [2, 0])
    }
    // A crash of the host between them can have taken it out of the journal.
    let later = Outbox(run: "run-2", folder: "\(folder.path)/outbox", boot: "b008")
    let left = later.takeLeft().kept
    #expect(left.map { later.sends($0) } == [nil, 0])
    try later.noteSend(left[0])
    #expect(later.sends(left[0]) == 1)
    try later.delete(left[0])
    #expect(!later.has(left[0]))
  }

  @Test func `what others left counts too`() throws {
    do {
      let dead = outbox()
      for cycle in 1...3 { _ = try dead.keep(finding(cycle)) }
    }
    let next = outbox("run-2", Outbox.Limits(findings: 3))
    #expect(throws: SystemError.self) { _ = try next.keep(finding(4)) }
  }
}
