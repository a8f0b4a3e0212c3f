import Evidence
import Races
import Testing

@testable import Verdicts

/// The expected outcome, the hit and the verdicts of each pattern, held against each other.
@Suite struct OutcomeTests {
  static let patterns = Catalog.patterns + Catalog.controls.filter { $0.id.hasSuffix("s") }

  @Test("each pattern of the catalog stands in the table, and nothing else")
  func complete() {
    #expect(Self.patterns.map(\.id).sorted() == Outcomes.all.keys.sorted())
  }

  @Test("a hit at which all is as expected is clean", arguments: patterns)
  func upheld(pattern: Pattern) throws {
    let story = try #require(Outcomes.all[pattern.id]).upheld
    let judgement = story.judged(pattern.order)
    #expect(judgement.verdict == .clean, "\(judgement.reason)")
    #expect(judgement.isHit)
  }

  @Test("where it is not, the cycle comes to what the pattern is to find", arguments: patterns)
  func breached(pattern: Pattern) throws {
    let story = try #require(Outcomes.all[pattern.id]).breached
    let judgement = story.judged(pattern.order)
    #expect(pattern.finds.contains(judgement.verdict), "\(judgement.reason)")
  }

  @Test("no pattern finds what fails nothing, but for what its spirit says is by design")
  func weights() {
    let noted = Self.patterns.filter { pattern in
      pattern.finds.allSatisfy { $0.weight != .fail }
    }
    #expect(noted.map(\.id) == ["A4", "D2", "D5", "L1"])
  }

  @Test("a cycle without a record is a hit of nothing", arguments: patterns)
  func empty(pattern: Pattern) {
    #expect(!Story().judged(pattern.order).isHit)
  }

  @Test(
    "with all its verbs refused, no cycle is a hit, but where that is what it is about",
    arguments: patterns.filter { $0.id != "A4" })
  func refused(pattern: Pattern) throws {
    var story = try #require(Outcomes.all[pattern.id]).upheld
    // What is refused does nothing: only calls and their returns are left.
    let done: Set<TracePoint> = [
      .bound, .cleanup, .reallyProbe, .reallyProbeReturn, .release, .deviceDelete,
      .deviceDeleteReturn, .unregisterDriver, .unregisterDriverReturn,
    ]
    story.trace = story.trace.filter { !done.contains($0.point) }
    for index in story.trace.indices where story.trace[index].result ?? 0 >= 0 {
      if story.trace[index].result != nil { story.trace[index].result = -1 }
    }
    for index in story.verbs.indices { story.verbs[index].errno = 1 }
    #expect(!story.judged(pattern.order).isHit)
  }
}
