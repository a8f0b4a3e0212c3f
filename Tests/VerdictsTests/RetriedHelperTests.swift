import Evidence
import Testing

@testable import Verdicts

/// A retry of the deferred worker that schedules a helper (catalog D4): __device_attach() lets it go
/// asynchronous (device_initial_probe()).
@Suite struct RetriedHelperTests {
  private func deferredAndBound(_ story: inout Story) {
    story.driversProbeDefers()
    story.bind(pid: Story.second, device: Story.other)
    story.workerBegins()
  }

  @Test("scheduled by the retry before the detach: late, and a hit")
  func scheduledBefore() throws {
    var story = Story()
    deferredAndBound(&story)
    story.scheduled(pid: Story.worker)
    story.workerEnds()
    story.bind()
    story.helperStarts()
    story.unbind()
    story.helperAttaches()
    story.helperEnds()
    let judgement = story.judged(.retriedHelperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(judgement.isHit)
  }

  @Test("a helper that a scan scheduled is not the retry's")
  func scheduledByScan() {
    var story = Story.lateAttach
    story.workerBegins()
    story.workerEnds()
    let judgement = story.judged(.retriedHelperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(!judgement.isHit)
  }

  /// The worker has taken the device, and waits for the lock; it schedules after the detach.
  private func waitingForLock() -> Story {
    var story = Story()
    deferredAndBound(&story)
    story.bind()
    story.unbind()
    story.scheduled(pid: Story.worker)
    story.workerEnds()
    story.helperRuns()
    return story
  }

  @Test("scheduled after it by a run that had begun before: late by proof, though no hit")
  func runSpansDetach() throws {
    let judgement = waitingForLock().judged(.retriedHelperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(!judgement.isHit)
    let text = try #require(judgement.findings.first).text
    #expect(text.contains("scheduled by a retry of the deferred device that had begun before"))
  }

  @Test("scheduled by a run that began after it: late, but not proven to be async")
  func runAfterDetach() {
    var story = Story()
    story.driversProbeDefers()
    story.bind()
    story.unbind()
    story.workerBegins()
    story.scheduled(pid: Story.worker)
    story.workerEnds()
    story.helperRuns()
    #expect(story.judged(.retriedHelperPendingAtDetach).verdict == .lateAttach)
  }

  @Test("without the run's records, or the deferral, it is not proven either")
  func unproven() {
    var story = waitingForLock()
    story.trace.removeAll { $0.point == .deferredAdd }
    #expect(story.judged(.retriedHelperPendingAtDetach).verdict == .lateAttach)

    // A kernel thread that scheduled it after the detach, for somebody.
    story = waitingForLock()
    story.trace.removeAll { $0.point == .deferredWork || $0.point == .deferredWorkReturn }
    #expect(story.judged(.retriedHelperPendingAtDetach).verdict == .foreignAttach)
  }

  @Test("deferred since the detach by a request of ours: none")
  func requested() {
    var story = Story()
    story.bind()
    story.unbind()
    deferredAndBound(&story)
    story.scheduled(pid: Story.worker)
    story.workerEnds()
    story.helperRuns()
    let judgement = story.judged(.retriedHelperPendingAtDetach)
    #expect(judgement.findings.isEmpty)
    #expect(judgement.verdict == .missed)
  }
}
