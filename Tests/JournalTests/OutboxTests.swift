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
    let first = try outbox.keep(finding(1))
    let second = try outbox.keep(finding(2))
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
  func `a full outbox says so, and has room again when something is delivered`(
    _ limits: Outbox.Limits
  ) throws {
    let outbox = outbox("run-1", limits)
    let first = try outbox.keep(finding(1))
    _ = try outbox.keep(finding(2))
    let error = try #require(throws: SystemError.self) { _ = try outbox.keep(finding(3)) }
    #expect(error.errno == ENOSPC)
    #expect(error.reason.contains("full with 2 findings"))
    try outbox.delete(first)
    _ = try outbox.keep(finding(3))
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
