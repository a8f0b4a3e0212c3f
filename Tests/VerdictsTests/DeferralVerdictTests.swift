import Evidence
import Testing

@testable import Verdicts

/// Races with the deferred list (catalog D, C3), as drivers/base/dd.c writes them.
@Suite struct DeferralVerdictTests {
  // MARK: D1 defer-false-success

  /// An unbind waits for a probe that asks to be deferred; then another device is bound.
  private func unbindOfDeferring(_ error: Int64 = 517) -> Story {
    var story = Story()
    story.begins(.driversProbe)
    story.probeBegins(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.probeFails(pid: Story.racer, by: .driversProbe, error: error)
    story.returns(.unbind, pid: Story.second)
    story.returns(.driversProbe, error: 22)
    return story
  }

  @Test("unbind returns success and detaches nothing; the retry attaches")
  func falseSuccess() throws {
    var story = unbindOfDeferring()
    story.bind(pid: Story.second, device: Story.other)
    story.workerRuns()
    let judgement = story.judged(.probeFailedUnderUnbind)
    #expect(judgement.verdict == .falseSuccess)
    #expect(judgement.isHit)
    #expect(judgement.findings.count == 1)
    let finding = try #require(judgement.findings.first)
    #expect(finding.unbind?.pid == Story.second)
    #expect(finding.unbind?.errno == 0)
    #expect(finding.attach?.function == "deferred_probe_work_func")
    let end = try #require(story.trace.first { $0.point == .unbindStoreReturn }).time
    let attach = try #require(story.trace.last { $0.point == .bound }).time
    #expect(finding.attach?.after == attach - end)
    #expect(finding.text.contains("had waited for a probe of sd by bindrace-race (pid 10)"))
  }

  @Test("without a retry it is a false success all the same")
  func falseSuccessAlone() {
    let judgement = unbindOfDeferring(19).judged(.probeFailedUnderUnbind)
    #expect(judgement.verdict == .falseSuccess)
    #expect(judgement.isHit)
    #expect(judgement.findings.first?.attach == nil)
  }

  @Test("a probe that succeeds under the unbind is detached by it: no such order")
  func probeSucceeded() {
    var story = Story()
    story.begins(.driversProbe)
    story.probeBegins(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.probeSucceeds(pid: Story.racer, by: .driversProbe)
    story.cleansUp(pid: Story.second)
    story.returns(.unbind, pid: Story.second)
    story.returns(.driversProbe)
    let judgement = story.judged(.probeFailedUnderUnbind)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  // MARK: D2, D5: refused while deferred

  private func refusedWhileDeferred() -> Story {
    var story = Story()
    story.driversProbeDefers()
    story.unbind(error: 19)
    story.bind(device: Story.other)
    return story
  }

  @Test("unbind is refused, and the retry attaches: by design, a note")
  func attachAfterRefusal() {
    var story = refusedWhileDeferred()
    story.workerRuns()
    let judgement = story.judged(.deferredAtRefusal)
    #expect(judgement.verdict == .attachAfterRefusal)
    #expect(judgement.isHit)
    #expect(judgement.findings.first?.attach?.function == "deferred_probe_work_func")
  }

  @Test("the retry of an asynchronous driver attaches by a helper")
  func attachAfterRefusalByHelper() {
    var story = refusedWhileDeferred()
    story.workerBegins()
    story.scheduled(pid: Story.worker)
    story.workerEnds()
    story.helperRuns()
    let judgement = story.judged(.deferredAtRefusal)
    #expect(judgement.verdict == .attachAfterRefusal)
    #expect(judgement.isHit)
  }

  @Test("a deferral after the refusal contradicts nothing")
  func refusedBefore() {
    var story = Story()
    story.unbind(error: 19)
    story.driversProbeDefers()
    story.bind(device: Story.other)
    story.workerRuns()
    let judgement = story.judged(.deferredAtRefusal)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test("a device that the worker may have taken is not on the list by proof")
  func takenAtRefusal() {
    var story = Story()
    story.driversProbeDefers()
    story.add(.deferredTrigger, pid: 5)
    story.workerBegins()
    story.unbind(error: 19)
    story.workerAttaches()
    story.workerEnds()
    #expect(!story.judged(.deferredAtRefusal).isHit)
  }

  @Test("nor one that no driver ever matched, or that was taken off")
  func notAddedAtRefusal() {
    var story = Story()
    story.deferred(pid: Story.racer, by: .deviceAdd)
    story.unbind(error: 19)
    #expect(!story.judged(.deferredAtRefusal).isHit)

    story = Story()
    story.driversProbeDefers()
    story.add(.deferredDelete, pid: 5, device: Story.device)
    story.unbind(error: 19)
    #expect(!story.judged(.deferredAtRefusal).isHit)
  }

  // MARK: D3 deferred-popped

  /// The worker has taken the device from its list and waits third for the lock, behind a slow bind
  /// and an unbind.
  private func popped() -> Story {
    var story = Story()
    story.driversProbeDefers()
    story.begins(.bind)
    story.probeBegins(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.bind(pid: Story.third, device: Story.other)
    story.workerBegins()
    story.probeSucceeds(pid: Story.racer, by: .bind)
    story.returns(.bind)
    story.cleansUp(pid: Story.second)
    story.returns(.unbind, pid: Story.second)
    return story
  }

  @Test("the worker attaches after the detach: late")
  func lateDeferredAttach() throws {
    var story = popped()
    story.workerAttaches()
    story.workerEnds()
    let judgement = story.judged(.retryingAtDetach)
    #expect(judgement.verdict == .lateDeferredAttach)
    #expect(judgement.isHit)
    let finding = try #require(judgement.findings.first)
    #expect(finding.attach?.function == "deferred_probe_work_func")
    #expect(finding.text.hasSuffix("deferred before the detach."))
  }

  @Test("a retry that finds nothing to do leaves the last word standing")
  func poppedClean() {
    var story = popped()
    story.workerEnds()
    let judgement = story.judged(.retryingAtDetach)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("without the worker's end nobody knows: inconclusive")
  func poppedUnfinished() {
    #expect(popped().judged(.retryingAtDetach).verdict == .inconclusive)
  }

  @Test("a run that began after the bind took the device off is no hit")
  func notPopped() {
    var story = Story()
    story.driversProbeDefers()
    story.bind()
    story.workerBegins()
    story.unbind()
    story.workerEnds()
    let judgement = story.judged(.retryingAtDetach)
    #expect(judgement.verdict == .missed)
    #expect(!judgement.isHit)
  }

  @Test("without its deferral the worker's attach is late, but not proven to be deferred")
  func deferralMissing() {
    var story = popped()
    story.workerAttaches()
    story.workerEnds()
    story.trace.removeAll { $0.point == .deferredAdd }
    #expect(story.judged(.retryingAtDetach).verdict == .lateAttach)
  }

  // MARK: Deferred after the detach

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

  @Test("a retry that is deferred again goes on with the deferral that it came from")
  func deferredAgain() {
    var story = popped()
    story.probeBegins(pid: Story.worker)
    story.probeFails(pid: Story.worker, by: .worker)
    story.workerEnds()
    story.bind(pid: Story.third, device: Story.other)
    story.workerRuns()
    #expect(story.judged(.retryingAtDetach).verdict == .lateDeferredAttach)
  }
}
