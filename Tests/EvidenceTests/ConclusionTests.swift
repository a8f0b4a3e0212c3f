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

  @Test("a race needs its hits, one fewer is no pass")
  func tooFewHits() {
    var race = ran([.clean: 10, .missed: 3], hits: 10)
    race.hitsNeeded = 10
    #expect(result(.trace, [race]).conclusion == .pass)
    race.hits = 9
    #expect(result(.trace, [race]).conclusion == .inconclusive)
    #expect(race.shortfalls(Columns()) == [.hits(9, needed: 10)])
  }

  @Test("a narrow race that nobody named decides nothing, unless it finds something")
  func narrow() {
    var narrow = ran([.missed: 50], hits: 0)
    narrow.isDecisive = false
    let other = ran([.clean: 3], hits: 3)
    #expect(result(.trace, [other, narrow]).conclusion == .pass)
    #expect(result(.trace, [narrow]).conclusion == .inconclusive)
    narrow.verdicts = [.lateAttach: 1, .missed: 49]
    #expect(result(.trace, [other, narrow]).conclusion == .fail)
    narrow.verdicts = [.hang: 1, .missed: 49]
    let noted = Columns(note: [.hang])
    #expect(narrow.shortfalls(noted) == [.hangs(1)])
  }

  // The lower bound at 95% of 5 misses in 20 is 0.104, of 4 it is 0.071; of 15 in 100 it is 0.095.
  @Test(
    "a control that certainly misses more than a tenth is none",
    arguments: [
      (cycles: 40, misses: 36, isControl: false), (20, 5, false), (20, 4, true), (20, 0, true),
      (100, 15, true), (100, 16, false), (1_000_000, 102_000, false), (1_000_000, 100_100, true),
    ])
  func misses(example: (cycles: Int, misses: Int, isControl: Bool)) {
    let hits = example.cycles - example.misses
    var control = ran([.clean: hits, .missed: example.misses], hits: hits)
    control.kind = .control
    #expect(result(.trace, [control]).conclusion == (example.isControl ? .pass : .inconclusive))
    // A race may.
    control.kind = .race
    #expect(result(.trace, [control]).conclusion == .pass)
  }

  @Test("clean hits exclude a rate, where nothing failed and nothing was searched")
  func excludedRate() throws {
    for (hits, rate) in [(1, 0.95), (10, 0.2589), (60, 0.0487), (300, 0.00994)] {
      let found = try #require(ran([.clean: hits], hits: hits).excludedRate(Columns()))
      #expect(abs(found - rate) < 0.0001, "\(hits)")
    }
    #expect(ran([.missed: 5], hits: 0).excludedRate(Columns()) == nil)
    let failed = ran([.clean: 5, .lateAttach: 1], hits: 6)
    #expect(failed.excludedRate(Columns()) == nil)
    // What is noted is no failure, and no clean hit.
    let noted = ran([.clean: 1, .lateAttach: 9], hits: 10)
    #expect(noted.excludedRate(Columns(note: [.lateAttach])).map { $0 > 0.94 } == true)
    var searched = ran([.clean: 5], hits: 5)
    searched.delays = [[1]]
    #expect(searched.excludedRate(Columns()) == nil)
  }

  @Test(
    "a rate has two digits that count, rounded so that no more is excluded than is",
    arguments: [
      (0.95, "95%"), (0.258866, "26%"), (0.0487, "4.9%"), (0.00994, "1.0%"), (0.0994, "10%"),
      (0.000299, "0.030%"), (0.0009981, "0.10%"),
    ])
  func percentage(example: (rate: Double, text: String)) {
    #expect(example.rate.percentage == example.text)
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
