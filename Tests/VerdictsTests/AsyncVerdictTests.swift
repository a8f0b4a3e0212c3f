import Evidence
import Testing

@testable import Verdicts

/// Races with a queued helper (catalog A, C1, C2, C5).
@Suite struct AsyncVerdictTests {
  // MARK: A3 double-pending

  /// A driver's load and a device's addition queued a helper each; the first attached, and our unbind
  /// waited for it.
  private func doublePending() -> Story {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.begins(.load, pid: Story.child)
    story.scheduledByLoad()
    story.returns(.load, pid: Story.child)
    story.scheduled(pid: Story.second)
    story.returns(.scan, pid: Story.second)
    story.unbind(error: 19)
    story.helperStarts(pid: 20, .driverHelper)
    story.helperStarts(pid: 21)
    story.attached(pid: 20, by: .driverHelper)
    story.helperEnds(pid: 20, .driverHelperReturn)
    return story
  }

  @Test("the second helper attaches after the unbind of what the first attached")
  func secondHelper() throws {
    var story = doublePending()
    story.unbind()
    story.helperAttaches(pid: 21)
    story.helperEnds(pid: 21)
    let judgement = story.judged(.secondHelperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(judgement.isHit)
    #expect(judgement.findings.map(\.verdict) == [.lateAsyncAttach])
    let attach = try #require(judgement.findings.first?.attach)
    #expect(attach.function == "__device_attach_async_helper")
  }

  @Test("an unbind that is written until it succeeds was not refused in the end")
  func polled() {
    var story = doublePending()
    story.helperEnds(pid: 21)
    story.unbind()
    let judgement = story.judged(.secondHelperPendingAtDetach)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test("with a bind of ours between it is another race")
  func secondHelperWithBind() {
    var story = doublePending()
    story.bind(error: 16)
    story.unbind()
    story.helperAttaches(pid: 21)
    story.helperEnds(pid: 21)
    let judgement = story.judged(.secondHelperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(!judgement.isHit)
  }

  @Test("two helpers of one side are not two sides")
  func sameSide() {
    var story = Story()
    story.scheduled()
    story.scheduled()
    story.helperStarts(pid: 20)
    story.helperStarts(pid: 21)
    story.helperAttaches(pid: 20)
    story.helperEnds(pid: 20)
    story.unbind()
    story.helperEnds(pid: 21)
    #expect(story.judged(.secondHelperPendingAtDetach).verdict == .missed)
  }

  @Test("a later helper of the same thread was not the one that attached")
  func laterHelper() {
    var story = Story.lateAttach
    story.scheduled(pid: Story.second)
    story.helperStarts()
    story.helperEnds()
    #expect(story.judged(.helperPendingAtDetach).verdict == .lateAsyncAttach)
  }

  @Test("an attach before the refusal does not contradict it")
  func attachBeforeRefusal() {
    var story = Story()
    story.scheduledByLoad()
    story.driverHelperRuns(driver: "rival")
    story.unbind(error: 19)
    #expect(story.judged(.helperPendingAtRefusal).findings.isEmpty)
  }

  @Test("a helper's stack that was cut off is a helper's all the same")
  func cutOffStack() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.attached(pid: Story.helper, by: .cutHelper)
    story.helperEnds()
    #expect(story.judged(.helperPendingAtDetach).verdict == .lateAsyncAttach)
  }

  // MARK: A helper that had begun before the detach

  /// Our unbind while a helper runs that began before it had the lock, or while it has it.
  private func helperBegun(whileHeld: Bool, _ rest: (inout Story) -> Void = { _ in }) -> Story {
    var story = Story()
    story.scheduled()
    story.bind()
    story.begins(.unbind)
    story.releaseBegins(pid: Story.racer)
    if !whileHeld { story.helperStarts() }
    story.holds(pid: Story.racer)
    if whileHeld { story.helperStarts() }
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind)
    rest(&story)
    story.helperEnds()
    return story
  }

  @Test("one that finds the device bound and lets go of its lock before the unbind has it is none")
  func hadLooked() {
    let judgement = helperBegun(whileHeld: false).judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .missed)
    #expect(!judgement.isHit)
  }

  @Test("one that begins while the unbind has the lock waits for it, whatever it does then")
  func waited() {
    let judgement = helperBegun(whileHeld: true).judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("that the unbind had the lock before, for another detach, says nothing")
  func heldBefore() {
    var story = Story()
    story.unbind()
    story.scheduled()
    story.bind()
    story.helperStarts()
    story.begins(.unbind)
    story.releaseBegins(pid: Story.racer)
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind)
    story.helperEnds()
    #expect(story.judged(.helperPendingAtDetach).verdict == .missed)
  }

  @Test("a probe whose end has no record holds the lock for nobody knows how long")
  func probeWithoutEnd() {
    var story = Story()
    story.probeBegins(pid: Story.stranger)
    story.trace += helperBegun(whileHeld: false).trace
    story.verbs = helperBegun(whileHeld: false).verbs
    #expect(story.judged(.helperPendingAtDetach).verdict == .missed)
  }

  @Test("nor does one of the helper's own, from before the detach, say that it tries after it")
  func ownProbeWithoutEnd() {
    var story = helperBegun(whileHeld: false)
    let start = story.trace.firstIndex { $0.point == .deviceHelper }!
    var probe = story.trace[start]
    probe.point = .reallyProbe
    story.trace.insert(probe, at: start + 1)
    #expect(story.judged(.helperPendingAtDetach).verdict == .missed)
  }

  @Test("one that tries a driver after the detach had not looked before")
  func triesAfter() {
    let story = helperBegun(whileHeld: false) { $0.helperAttaches() }
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(judgement.isHit)
  }

  @Test("where it is not told since when the unbind has the lock, nobody knows whether it waited")
  func holdUntold() {
    for whileHeld in [false, true] {
      var story = helperBegun(whileHeld: whileHeld)
      story.trace.removeAll { $0.point == .hold }
      story.untold = [UntoldFact(.hold, reason: "it is not there")]
      let judgement = story.judged(.helperPendingAtDetach)
      #expect(judgement.verdict == .inconclusive)
      #expect(judgement.reason.contains(Fact.hold.words))
      #expect(!judgement.isHit)
    }
  }

  @Test("a helper that begins while our bind probes waits for it")
  func waitsForProbe() {
    for isDuring in [true, false] {
      var story = Story()
      story.scheduled()
      if !isDuring { story.helperStarts() }
      story.begins(.bind)
      story.probeBegins(pid: Story.racer)
      if isDuring { story.helperStarts() }
      story.probeSucceeds(pid: Story.racer, by: .bind)
      story.returns(.bind)
      story.helperEnds()
      let judgement = story.judged(.helperPendingAtBind)
      #expect(judgement.verdict == (isDuring ? .clean : .missed))
    }
  }

  // MARK: A helper that was scheduled after the detach

  @Test(
    "the addition or registration that scheduled it had begun before the detach: late",
    arguments: [Verb.scan, .load])
  func scheduledSince(verb: Verb) {
    var story = Story()
    story.begins(verb, pid: Story.child)
    story.bind()
    story.unbind()
    story.scheduled(pid: Story.child)
    story.returns(verb, pid: Story.child)
    story.helperRuns()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    // It was not pending at the detach.
    #expect(!judgement.isHit)
  }

  @Test("one that began after the detach is a request of ours", arguments: [Verb.scan, .load])
  func requestedSince(verb: Verb) {
    var story = Story()
    story.bind()
    story.unbind()
    story.begins(verb, pid: Story.child)
    story.scheduled(pid: Story.child)
    story.returns(verb, pid: Story.child)
    story.verbs.removeLast()
    story.helperRuns()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  // MARK: A helper and our unload, removal, bind

  @Test("an unload waits for the helper, and detaches what it attached")
  func pendingAtUnload() {
    var story = Story()
    story.begins(.load, pid: Story.child)
    story.scheduledByLoad()
    story.returns(.load, pid: Story.child)
    story.begins(.unload, pid: Story.second)
    story.driverHelperRuns()
    story.detached(pid: Story.second)
    story.returns(.unload, pid: Story.second)
    let judgement = story.judged(.helperPendingAtUnload)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
    #expect(judgement.findings.isEmpty)
  }

  @Test("a helper that ended before, or another driver's unload, is no hit")
  func unloadTooLate() {
    var story = Story()
    story.scheduledByLoad()
    story.driverHelperRuns()
    story.begins(.unload, pid: Story.second)
    story.detached(pid: Story.second)
    story.returns(.unload, pid: Story.second)
    #expect(story.judged(.helperPendingAtUnload).verdict == .missed)

    story = Story()
    story.scheduledByLoad()
    story.writes(.unload, pid: Story.second, value: "other")
    story.driverHelperRuns()
    #expect(story.judged(.helperPendingAtUnload).verdict == .missed)
  }

  @Test("a dead device is not probed by its helper")
  func pendingAtRemoval() {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.begins(.remove)
    story.helperStarts()
    story.helperEnds()
    story.releaseBegins(pid: Story.racer)
    story.add(.deferredDelete, pid: Story.racer, device: Story.device)
    story.returns(.remove)
    let judgement = story.judged(.helperPendingAtRemoval)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("an attach after device_del() has returned, by whatever way")
  func attachAfterRemove() throws {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.begins(.remove)
    story.returns(.remove)
    story.helperRuns()
    let judgement = story.judged(.helperPendingAtRemoval)
    #expect(judgement.verdict == .attachAfterRemove)
    #expect(judgement.findings.first?.attach?.function == "__device_attach_async_helper")

    // By a stranger it is the kernel's fault all the same, though he disturbs the cycle.
    story = Story()
    story.scheduled(pid: Story.second)
    story.begins(.remove)
    story.helperStarts()
    story.helperEnds()
    story.returns(.remove)
    story.bind(pid: Story.stranger)
    let disturbed = story.judged(.helperPendingAtRemoval)
    #expect(disturbed.findings.map(\.verdict) == [.attachAfterRemove, .foreignAttach])
    #expect(!disturbed.isHit)
  }

  @Test("before that return, or after a device was added at that address, it is none")
  func attachNotAfterRemove() {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.begins(.remove)
    story.helperRuns()
    story.detached(pid: Story.racer)
    story.returns(.remove)
    #expect(story.judged(.helperPendingAtRemoval).verdict == .clean)

    story = Story()
    story.begins(.remove)
    story.returns(.remove)
    story.begins(.scan)
    story.attached(pid: Story.racer, by: .deviceAdd)
    story.returns(.scan)
    #expect(story.judged(.helperPendingAtRemoval).verdict == .missed)
  }

  @Test("a helper that was scheduled after the removal began is no hit")
  func removalBeforeHelper() {
    var story = Story()
    story.begins(.remove)
    story.returns(.remove)
    story.scheduled()
    story.helperStarts()
    story.helperEnds()
    #expect(story.judged(.helperPendingAtRemoval).verdict == .missed)
  }

  @Test("a helper that finds the device bound leaves it so")
  func pendingAtBind() {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.bind()
    story.helperStarts()
    story.helperEnds()
    let judgement = story.judged(.helperPendingAtBind)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("a helper that was there first is no hit")
  func helperBeforeBind() {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.helperRuns()
    story.bind(error: 16)
    #expect(story.judged(.helperPendingAtBind).verdict == .missed)

    story = Story()
    story.scheduled(pid: Story.second)
    story.helperStarts()
    story.helperEnds()
    story.bind()
    #expect(story.judged(.helperPendingAtBind).verdict == .missed)
  }
}
