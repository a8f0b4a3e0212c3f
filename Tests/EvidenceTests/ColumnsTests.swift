import Evidence
import Testing

/// A run can say itself which verdicts fail it. What is lost stays lost.
@Suite struct ColumnsTests {
  private func conclusion(
    _ columns: Columns, _ verdicts: [Verdict: Int], hits: Int, _ level: EvidenceLevel = .trace
  ) -> RunResult.Conclusion {
    var result = RunResult(
      run: "r", seed: 1, kernelRelease: "6.12", kernelVersion: "#1", level: level)
    var pattern = PatternResult(id: "A1", name: "n", target: "b/d", driver: "d", widen: "cpu")
    pattern.verdicts = verdicts
    pattern.cycles = verdicts.values.reduce(0, +)
    pattern.hits = hits
    result.patterns = [pattern]
    result.columns = columns
    return result.conclusion
  }

  @Test("by default every verdict counts in its own column")
  func own() {
    #expect(Verdict.allCases.allSatisfy { Columns().weight(of: $0) == $0.weight })
  }

  @Test("a note that fails, a failure that is noted")
  func moved() {
    #expect(
      conclusion(Columns(failOn: [.attachAfterRefusal]), [.attachAfterRefusal: 1], hits: 1)
        == .fail)
    #expect(
      conclusion(Columns(note: [.lateAsyncAttach]), [.lateAsyncAttach: 3], hits: 3) == .pass)
    #expect(
      conclusion(
        Columns(note: [.lateAsyncAttach]), [.lateAsyncAttach: 3, .lateAttach: 1], hits: 4)
        == .fail)
    #expect(conclusion(Columns(failOn: [.inconclusive]), [.inconclusive: 1], hits: 0) == .fail)
  }

  @Test("what is noted needs the same proof as any pass")
  func unproven() {
    let columns = Columns(note: [.lateAttach, .hang])
    #expect(conclusion(columns, [.lateAttach: 3], hits: 3, .uevent) == .inconclusive)
    #expect(conclusion(columns, [.lateAttach: 3], hits: 0) == .inconclusive)
    #expect(conclusion(columns, [.clean: 3, .hang: 1], hits: 3) == .inconclusive)
    #expect(
      conclusion(columns, [.lateAttach: 3, .inconclusive: 1], hits: 3) == .inconclusive)
  }

  @Test("clean and missed are not moved, and lost evidence is no note")
  func fixed() {
    #expect(Columns(failOn: [.clean, .missed]) == Columns())
    #expect(Columns(note: [.clean, .missed, .inconclusive]) == Columns())
    #expect(Columns.canFail.count == Verdict.allCases.count - 2)
    #expect(Columns.canBeNoted.count == Verdict.allCases.count - 3)
  }

  @Test("a cycle counts under what weighs most in this run")
  func worst() {
    let verdicts: [Verdict] = [.attachAfterRefusal, .lateAsyncAttach, .clean]
    #expect(Columns().worst(of: verdicts) == .lateAsyncAttach)
    let moved = Columns(failOn: [.attachAfterRefusal], note: [.lateAsyncAttach])
    #expect(moved.worst(of: verdicts) == .attachAfterRefusal)
    #expect(moved.worst(of: [.lateAsyncAttach, .inconclusive]) == .inconclusive)
    #expect(moved.worst(of: [.missed, .collateral]) == .collateral)
    #expect(Columns().worst(of: [.hang, .lateAttach]) == .hang)
    #expect(Columns().worst(of: []) == nil)
  }
}
