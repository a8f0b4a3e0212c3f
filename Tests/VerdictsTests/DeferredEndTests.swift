import Evidence
import Testing

@testable import Verdicts

/// What the deferred list can still do after a cycle (catalog C3): the drain does not wait for it.
@Suite struct DeferredEndTests {
  @Test("a deferred device that is bound by hand is off the list: clean")
  func boundAfterDeferral() {
    var story = Story()
    story.driversProbeDefers()
    story.bind()
    story.unbind()
    let judgement = story.judged(.boundAfterDeferral)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
    // The bind's own trigger starts a run, which finds no device.
    story.workerBegins()
    #expect(story.judged(.boundAfterDeferral).verdict == .clean)
  }

  @Test("a deferral after the bind, or none, is another order")
  func notBoundAfterDeferral() {
    var story = Story()
    story.bind()
    story.driversProbeDefers()
    story.unbind()
    #expect(!story.judged(.boundAfterDeferral).isHit)

    story = Story()
    story.bind()
    story.unbind()
    #expect(story.judged(.boundAfterDeferral).verdict == .missed)
  }

  @Test("a device that stays on the list can come back, in whatever race: inconclusive")
  func stillDeferred() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.probeBegins(pid: Story.helper)
    story.probeFails(pid: Story.helper, by: .deviceHelper)
    story.helperEnds()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason.hasPrefix("The device was still deferred"))

    // Triggered, and the worker has not begun; begun, and not ended; ended, and nothing came.
    story.add(.deferredTrigger, pid: 5)
    #expect(story.judged(.helperPendingAtDetach).reason.hasPrefix("A retry"))
    story.workerBegins()
    #expect(story.judged(.helperPendingAtDetach).reason.hasPrefix("A retry"))
    story.workerEnds()
    #expect(story.judged(.helperPendingAtDetach).verdict == .clean)
  }

  @Test("a run that began before the trigger can have passed the device: another follows")
  func runBeforeTrigger() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.probeBegins(pid: Story.helper)
    story.probeFails(pid: Story.helper, by: .deviceHelper)
    story.helperEnds()
    story.workerBegins()
    story.add(.deferredTrigger, pid: 5)
    story.workerEnds()
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
  }
}
