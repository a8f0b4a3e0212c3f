import Evidence
import Testing

@testable import Verdicts

/// What the kernel log and the taint make of a cycle.
@Suite struct KernelWarningVerdictTests {
  private static let warning = KernelReport(
    kind: .warning, phase: .race, title: "WARNING: CPU: 1 PID: 8 at a.c:1 f+0x1/0x2",
    lines: ["------------[ cut here ]------------", "WARNING: CPU: 1 PID: 8 at a.c:1 f+0x1/0x2"])

  private static func stall(_ cpus: [Int32], phase: KernelReport.Phase = .race) -> KernelReport {
    KernelReport(
      kind: .stall, phase: phase, title: "watchdog: BUG: soft lockup", lines: ["x"], cpus: cpus)
  }

  private func judged(_ kernel: KernelEvidence?, columns: Columns = Columns()) -> Judgement {
    var story = Story()
    story.unbind()
    story.bind()
    story.kernel = kernel
    return Judgement(story.evidence, order: .unboundAndBound, columns: columns)
  }

  @Test("a quiet log leaves a clean cycle clean, and so does a recording without one")
  func quiet() {
    for kernel in [
      nil, KernelEvidence(), KernelEvidence(taintBefore: .warned, taintAfter: .warned),
    ] {
      let judgement = judged(kernel)
      #expect(judgement.verdict == .clean && judgement.findings.isEmpty)
      #expect(judgement.notes.isEmpty)
    }
  }

  @Test("a report is a finding that says what, when and where, with its lines")
  func report() throws {
    let judgement = judged(
      KernelEvidence(reports: [Self.warning], taintBefore: [], taintAfter: .warned))
    #expect(judgement.verdict == .kernelWarning && judgement.isHit)
    let finding = try #require(judgement.findings.first)
    #expect(
      finding.text
        == "The kernel warned in the race of scsi/0:0:0:0: WARNING: CPU: 1 PID: 8 at a.c:1 f+0x1/0x2; new taint: W."
    )
    #expect(finding.log == Self.warning.lines)
    #expect(finding.device == "scsi/0:0:0:0" && finding.evidence == .trace)
  }

  @Test("one before the race says so; several count once, with all their lines, up to a bound")
  func several() throws {
    var early = Self.warning
    early.phase = .preparation
    early.lines = Array(repeating: "x", count: 150)
    let judgement = judged(KernelEvidence(reports: [early, early], moreReports: 3))
    #expect(judgement.findings.count == 1)
    let finding = try #require(judgement.findings.first)
    #expect(finding.text.hasPrefix("The kernel warned before the race of scsi/0:0:0:0: "))
    #expect(finding.text.hasSuffix("; and 4 more in this cycle."))
    #expect(finding.log.count == 200)
  }

  @Test("it outweighs what else failed, and both are told; a hang outweighs it")
  func outweighs() {
    var story = Story.lateAttach
    story.kernel = KernelEvidence(reports: [Self.warning])
    let late = story.judged(.helperPendingAtDetach)
    #expect(late.verdict == .kernelWarning)
    #expect(late.findings.map(\.verdict) == [.kernelWarning, .lateAsyncAttach])
    #expect(late.reason == late.findings.first?.text)
    story.verb(.unbind, story.tick(), nil)
    let hang = story.judged(.helperPendingAtDetach)
    #expect(hang.verdict == .hang)
    #expect(hang.findings.map(\.verdict) == [.hang, .kernelWarning])
  }

  @Test("where it is only noted, it takes nothing from a clean hit")
  func noted() {
    let columns = Columns(note: [.kernelWarning])
    let judgement = judged(KernelEvidence(reports: [Self.warning]), columns: columns)
    #expect(judgement.isHit)
    #expect(columns.worst(of: judgement.findings.map(\.verdict)) == .kernelWarning)
    #expect(columns.weight(of: judgement.verdict) == .note)
  }

  @Test("new taint without a report is a finding; taint of what was loaded is said")
  func taint() throws {
    for flag in [Taint.machineCheck, .badPage, .died, .warned, .softLockup] {
      let judgement = judged(KernelEvidence(taintBefore: [], taintAfter: flag))
      #expect(judgement.verdict == .kernelWarning)
      #expect(try #require(judgement.findings.first).text.contains(": \(flag.text), "))
    }
    let loaded = judged(
      KernelEvidence(taintBefore: .warned, taintAfter: Taint(rawValue: 12800)))
    #expect(loaded.verdict == .clean)
    #expect(loaded.notes == ["the kernel is tainted by what was loaded: O, E"])
    #expect(judged(KernelEvidence(taintBefore: nil, taintAfter: .warned)).verdict == .clean)
  }

  @Test("a stall of the CPU that was held is noted, with the taint that it brings")
  func heldCPU() {
    let judgement = judged(
      KernelEvidence(
        reports: [Self.stall([1])], taintBefore: [], taintAfter: .softLockup, spunCPU: 1))
    #expect(judgement.verdict == .clean && judgement.findings.isEmpty)
    #expect(
      judgement.notes == ["the CPU that was held stalled, as it must: watchdog: BUG: soft lockup"])
  }

  @Test(
    "any other stall is a finding",
    arguments: [
      KernelEvidence(reports: [stall([0])], spunCPU: 1),
      KernelEvidence(reports: [stall([0, 1])], spunCPU: 1),
      KernelEvidence(reports: [stall([])], spunCPU: 1), KernelEvidence(reports: [stall([1])]),
      KernelEvidence(reports: [stall([1], phase: .preparation)], spunCPU: 1),
      KernelEvidence(reports: [stall([1]), warning], spunCPU: 1),
      KernelEvidence(
        reports: [stall([1])], taintBefore: [], taintAfter: [.softLockup, .warned], spunCPU: 1),
    ])
  func otherStall(kernel: KernelEvidence) {
    #expect(judged(kernel).verdict == .kernelWarning)
  }

  @Test("a log that was not read, or that had more to say than was kept, proves nothing clean")
  func unread() {
    let unread = KernelEvidence(unread: "open /dev/kmsg: Permission denied")
    let judgement = judged(unread)
    #expect(judgement.verdict == .inconclusive)
    #expect(
      judgement.reason == "The kernel log was not read: open /dev/kmsg: Permission denied.")
    let stalls = KernelEvidence(reports: [Self.stall([1])], moreReports: 1, spunCPU: 1)
    #expect(judged(stalls).verdict == .inconclusive)
    var story = Story.lateAttach
    story.kernel = unread
    #expect(story.judged(.helperPendingAtDetach).verdict == .lateAsyncAttach)
  }

  @Test("what comes after the last cycle is told of it")
  func afterwards() throws {
    var story = Story()
    var late = Self.warning
    late.phase = .afterwards
    story.kernel = KernelEvidence(reports: [late])
    let (finding, _) = Judgement.afterwards(story.evidence)
    #expect(
      try #require(finding).text.hasPrefix(
        "The kernel warned after the last cycle, while things were put back, of scsi/0:0:0:0: "))
    story.kernel = KernelEvidence()
    #expect(Judgement.afterwards(story.evidence).finding == nil)
  }
}
