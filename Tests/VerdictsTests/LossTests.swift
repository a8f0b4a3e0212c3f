import Evidence
import Testing

@testable import Verdicts

/// Lost evidence leaves no verdict to exactly the cycles that rest on it.
@Suite struct LossTests {
  /// What a cycle comes to where nothing is lost.
  struct Cycle: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var level: EvidenceLevel
    var verdict: Verdict
    /// The same with evidence of each kind lost: uevents lost, uevents unseen, trace records lost,
    /// probe hits missed, log records lost. `nil` where it stays.
    var lost: [Verdict?]
    var tell: @Sendable (inout Story) -> Void
  }

  static let kinds: [@Sendable (inout EvidenceLoss) -> Void] = [
    { $0.ueventsLost = 1 }, { $0.ueventsUnseen = 1 }, { $0.traceLost = 1 },
    { $0.probesMissed = 1 }, { $0.kmsgLost = 1 },
  ]

  private static let clean: @Sendable (inout Story) -> Void = {
    $0.scheduled()
    $0.bind()
    $0.unbind()
    $0.helperStarts()
    $0.helperEnds()
  }
  private static let missed: @Sendable (inout Story) -> Void = {
    $0.bind()
    $0.unbind()
  }
  private static let late: @Sendable (inout Story) -> Void = {
    $0.scheduled()
    $0.bind()
    $0.unbind()
    $0.helperRuns()
  }
  private static let refused: @Sendable (inout Story) -> Void = {
    $0.scheduled()
    $0.unbind(error: 19)
    $0.helperRuns()
  }

  private static let removed: @Sendable (inout Story) -> Void = {
    $0.unbind()
    $0.uevent(.remove)
    $0.helperAttaches()
  }

  private static let unproven = Verdict.inconclusive
  static let cycles: [Cycle] =
    [
      Cycle(
        testDescription: "trace, clean", level: .trace, verdict: .clean,
        lost: [nil, nil, unproven, unproven, unproven], tell: clean),
      Cycle(
        testDescription: "trace, missed", level: .trace, verdict: .missed,
        lost: [nil, nil, unproven, unproven, nil], tell: missed),
      Cycle(
        testDescription: "trace, failing", level: .trace, verdict: .lateAsyncAttach,
        lost: [nil, nil, unproven, unproven, nil], tell: late),
      Cycle(
        testDescription: "trace, noted", level: .trace, verdict: .attachAfterRefusal,
        lost: [nil, nil, unproven, unproven, unproven], tell: refused),
    ]
    + [EvidenceLevel.uevent, .log].flatMap { level in
      [
        Cycle(
          testDescription: "\(level), missed", level: level, verdict: .missed,
          lost: [unproven, unproven, nil, nil, nil], tell: missed),
        Cycle(
          testDescription: "\(level), failing", level: level, verdict: .attachAfterRemove,
          lost: [unproven, unproven, nil, nil, nil], tell: removed),
        Cycle(
          testDescription: "\(level), noted", level: level, verdict: .attachAfterRefusal,
          lost: [unproven, unproven, nil, nil, unproven], tell: refused),
      ]
    }
    + [
      // The driver link at the end is all that counts.
      Cycle(
        testDescription: "sysfs, missed", level: .sysfs, verdict: .missed,
        lost: [nil, nil, nil, nil, nil], tell: missed),
      Cycle(
        testDescription: "sysfs, come back", level: .sysfs, verdict: .inconclusive,
        lost: [nil, nil, nil, nil, nil], tell: late),
    ]

  @Test("each kind of loss, at each level, and what it leaves", arguments: cycles)
  func table(cycle: Cycle) {
    var story = Story()
    cycle.tell(&story)
    story.level = cycle.level
    story.kernel = KernelEvidence()
    #expect(story.judged(.helperPendingAtDetach).verdict == cycle.verdict)
    for (kind, lost) in zip(Self.kinds, cycle.lost) {
      var lossy = story
      kind(&lossy.loss)
      let judgement = lossy.judged(.helperPendingAtDetach)
      #expect(judgement.verdict == lost ?? cycle.verdict, "\(lossy.loss)")
      // What is not known is said, and by what.
      if lost == .inconclusive {
        #expect(judgement.findings.contains { $0.verdict == .inconclusive })
        #expect(judgement.reason.contains("1 "))
      }
    }
  }

  @Test("a warning of the kernel stays one, whatever was lost besides")
  func warning() {
    for kind in Self.kinds {
      var story = Story.lateAttach
      kind(&story.loss)
      story.kernel = KernelEvidence(reports: [
        KernelReport(kind: .warning, phase: .race, title: "WARNING: x", lines: ["WARNING: x"])
      ])
      #expect(story.judged(.helperPendingAtDetach).verdict == .kernelWarning)
    }
  }
}
