import Evidence
import Testing

@testable import Verdicts

/// A deferral after the detach: whose work the retry then is.
@Suite struct DeferredSinceTests {
  private func deferredSince(_ tell: (inout Story) -> Void) -> Judgement {
    var story = Story()
    story.bind()
    story.unbind()
    tell(&story)
    story.bind(device: Story.other)
    story.workerRuns()
    return story.judged(.helperPendingAtDetach)
  }

  @Test("by our own drivers_probe: that was a request")
  func requestedSince() {
    let judgement = deferredSince { $0.driversProbeDefers() }
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test("by somebody else's: his attach, though the worker made it")
  func foreignDeferral() throws {
    let judgement = deferredSince { $0.driversProbeDefers(pid: Story.stranger) }
    #expect(judgement.verdict == .foreignAttach)
    #expect(judgement.findings.first?.attach?.pid == Story.stranger)
  }

  @Test("by our drivers_probe that waited for the lock when the unbind detached: requested too")
  func requestedBefore() {
    var story = Story()
    story.bind()
    story.begins(.driversProbe, pid: Story.second)
    story.unbind()
    story.probeBegins(pid: Story.second)
    story.probeFails(pid: Story.second, by: .driversProbe)
    story.returns(.driversProbe, pid: Story.second, error: 22)
    story.bind(device: Story.other)
    story.workerRuns()
    #expect(story.judged(.doneInTurn).findings.isEmpty)
  }

  @Test("by a helper that a stranger's scan scheduled: his")
  func foreignHelper() {
    let judgement = deferredSince {
      $0.scheduled(pid: Story.stranger)
      $0.helperStarts()
      $0.probeBegins(pid: Story.helper)
      $0.probeFails(pid: Story.helper, by: .deviceHelper)
      $0.helperEnds()
    }
    #expect(judgement.verdict == .foreignAttach)
    #expect(judgement.findings.first?.attach?.pid == Story.stranger)
  }

  @Test("by a helper that a retry scheduled: the kernel's, not a stranger's")
  func retriedHelper() {
    var story = Story()
    story.driversProbeDefers()
    story.workerBegins()
    story.bind()
    story.unbind()
    story.scheduled(pid: Story.worker)
    story.workerEnds()
    story.helperStarts()
    story.probeBegins(pid: Story.helper)
    story.probeFails(pid: Story.helper, by: .deviceHelper)
    story.helperEnds()
    story.bind(device: Story.other)
    story.workerRuns()
    #expect(story.judged(.helperPendingAtDetach).verdict == .lateAttach)
  }

  @Test("and after a refused unbind, by somebody else: his as well")
  func foreignDeferralAfterRefusal() {
    var story = Story()
    story.driversProbeDefers()
    story.unbind(error: 19)
    story.driversProbeDefers(pid: Story.stranger)
    story.bind(device: Story.other)
    story.workerRuns()
    #expect(story.judged(.deferredAtRefusal).verdict == .foreignAttach)
  }

  @Test("by the kernel itself: late, and it says so")
  func deferredByKernel() throws {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.probeBegins(pid: Story.helper)
    story.probeFails(pid: Story.helper, by: .deviceHelper)
    story.helperEnds()
    story.bind(device: Story.other)
    story.workerRuns()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.isHit)
    let text = try #require(judgement.findings.first).text
    #expect(text.contains("deferred after the detach by kworker/u8:1 (pid 20)"))
    #expect(text.contains("in __device_attach_async_helper"))
  }
}
