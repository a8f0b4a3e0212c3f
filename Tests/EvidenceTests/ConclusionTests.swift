import Evidence
import Testing

/// A pass is only what is proven.
@Suite struct ConclusionTests {
  private func result(
    _ level: EvidenceLevel = .trace, _ patterns: [PatternResult], loss: EvidenceLoss = .init(),
    isInterrupted: Bool = false
  ) -> RunResult {
    var result = RunResult(
      run: "r", seed: 1, kernelRelease: "6.12", kernelVersion: "#1", level: level)
    result.patterns = patterns
    result.loss = loss
    result.isInterrupted = isInterrupted
    return result
  }

  private func ran(_ verdicts: [Verdict: Int], hits: Int) -> PatternResult {
    var pattern = PatternResult(id: "A1", name: "n", target: "b/d", driver: "d", widen: "cpu")
    pattern.verdicts = verdicts
    pattern.cycles = verdicts.values.reduce(0, +)
    pattern.hits = hits
    return pattern
  }

  private var skipped: PatternResult {
    PatternResult(
      id: "A2", name: "n", target: "b/d", driver: "d", widen: "none", skipReason: "no module")
  }

  @Test("clean hits on whole traces pass, whatever was skipped or noted beside them")
  func pass() {
    #expect(result(.trace, [ran([.clean: 3], hits: 3)]).conclusion == .pass)
    #expect(result(.trace, [ran([.clean: 3, .missed: 9], hits: 3), skipped]).conclusion == .pass)
    #expect(result(.trace, [ran([.attachAfterRefusal: 2], hits: 2)]).conclusion == .pass)
  }

  @Test("one failing verdict fails the run, lost evidence or not")
  func fail() {
    let late = ran([.clean: 99, .lateAsyncAttach: 1], hits: 100)
    #expect(result(.trace, [late]).conclusion == .fail)
    #expect(result(.trace, [late], loss: EvidenceLoss(traceLost: 5)).conclusion == .fail)
    #expect(result(.uevent, [late], isInterrupted: true).conclusion == .fail)
  }

  @Test("a pattern that ran and never hit proves nothing")
  func noHit() {
    #expect(
      result(.trace, [ran([.clean: 3], hits: 3), ran([.missed: 50], hits: 0)]).conclusion
        == .inconclusive)
  }

  @Test("below trace there is no pass")
  func belowTrace() {
    for level in [EvidenceLevel.log, .uevent, .sysfs] {
      #expect(result(level, [ran([.clean: 3], hits: 3)]).conclusion == .inconclusive)
    }
  }

  @Test(
    "anything lost, and it is no pass",
    arguments: [
      EvidenceLoss(ueventsLost: 1), EvidenceLoss(traceLost: 1), EvidenceLoss(probesMissed: 1),
      EvidenceLoss(kmsgLost: 1),
    ])
  func lost(loss: EvidenceLoss) {
    #expect(result(.trace, [ran([.clean: 3], hits: 3)], loss: loss).conclusion == .inconclusive)
  }

  @Test("events of other namespaces were never ours to lose")
  func unseen() {
    let loss = EvidenceLoss(ueventsUnseen: 12)
    #expect(result(.trace, [ran([.clean: 3], hits: 3)], loss: loss).conclusion == .pass)
  }

  @Test("one inconclusive cycle, an early end or Ctrl-C: no pass")
  func doubts() {
    #expect(
      result(.trace, [ran([.clean: 3, .inconclusive: 1], hits: 3)]).conclusion == .inconclusive)
    #expect(
      result(.trace, [ran([.clean: 3], hits: 3)], isInterrupted: true).conclusion == .inconclusive)
    var early = ran([.clean: 3], hits: 3)
    early.endedEarly = "in use"
    #expect(result(.trace, [early]).conclusion == .inconclusive)
  }

  @Test("nothing ran: a skip, which is no failure and no pass")
  func skip() {
    #expect(result(.trace, [skipped, skipped]).conclusion == .skip)
    #expect(result(.trace, []).conclusion == .skip)
    #expect(result(.trace, [], isInterrupted: true).conclusion == .inconclusive)
  }

  @Test("every verdict is weighed")
  func weights() {
    #expect(Verdict.allCases.filter { $0.weight == .pass } == [.clean])
    #expect(Verdict.allCases.filter { $0.weight == .counted } == [.missed])
    #expect(Verdict.allCases.count { $0.weight == .fail } == 10)
    #expect(Verdict.allCases.count { $0.weight == .note } == 3)
  }
}
