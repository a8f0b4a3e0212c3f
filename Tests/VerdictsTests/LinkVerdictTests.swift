import Evidence
import Testing

@testable import Verdicts

/// Device links (catalog L1, L2): a supplier's bind brings its consumer back, and an unbind of a
/// supplier drops its lock for its consumers.
@Suite struct LinkVerdictTests {
  // MARK: L1 link-autoprobe

  private func supplierRebound(by pid: Int32 = Story.racer) -> Story {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.unbind(pid: pid, device: Story.other)
    story.begins(.bind, pid: pid, device: Story.other)
    story.probeBegins(pid: pid, device: Story.other)
    story.bound(pid: pid, by: .bind, device: Story.other)
    story.deferred(pid: pid, by: .link)
    story.endsBound(pid: pid, device: Story.other)
    story.returns(.bind, pid: pid, device: Story.other)
    return story
  }

  @Test("the consumer comes back when its supplier is bound: a note that names it")
  func collateral() throws {
    var story = supplierRebound()
    story.workerRuns()
    let judgement = story.judged(.supplierReboundAfterDetach)
    #expect(judgement.verdict == .collateral)
    #expect(judgement.isHit)
    let finding = try #require(judgement.findings.first)
    #expect(finding.text.contains("when its supplier 0:0:0:1 is bound"))
    #expect(finding.text.contains("as bindrace-race (pid 10) did"))
    #expect(finding.attach?.function == "deferred_probe_work_func")
  }

  @Test("an asynchronous consumer comes back by a helper of that retry")
  func collateralByHelper() {
    var story = supplierRebound()
    story.workerBegins()
    story.scheduled(pid: Story.worker)
    story.workerEnds()
    story.helperRuns()
    #expect(story.judged(.supplierReboundAfterDetach).verdict == .collateral)
  }

  @Test("without a stack, the bind that the deferral stands in tells it too")
  func collateralWithoutStack() {
    var story = supplierRebound()
    story.workerRuns()
    for index in story.trace.indices where story.trace[index].point == .deferredAdd {
      story.trace[index].stack = []
    }
    #expect(story.judged(.supplierReboundAfterDetach).verdict == .collateral)
  }

  @Test("a deferral without a link is no excuse")
  func notLinked() {
    var story = supplierRebound()
    story.workerRuns()
    for index in story.trace.indices where story.trace[index].point == .deferredAdd {
      story.trace[index].stack = ["driver_deferred_probe_add"] + Way.unknown.frames
    }
    #expect(story.judged(.supplierReboundAfterDetach).verdict == .lateAttach)

    // Nor is one without a stack, after that bind had returned.
    story = supplierRebound()
    story.trace.removeAll { $0.point == .deferredAdd }
    story.add(.deferredAdd, pid: Story.racer, device: Story.device)
    story.workerRuns()
    #expect(story.judged(.supplierReboundAfterDetach).verdict == .lateAttach)
  }

  @Test("a stranger's bind of the supplier is his attach of the consumer")
  func foreignSupplier() {
    var story = supplierRebound(by: Story.stranger)
    story.workerRuns()
    let judgement = story.judged(.supplierReboundAfterDetach)
    #expect(judgement.verdict == .foreignAttach)
    #expect(!judgement.isHit)
  }

  @Test("the retry that the link asked for, not done yet: inconclusive; without one: clean")
  func linkRetryPending() {
    #expect(supplierRebound().judged(.supplierReboundAfterDetach).verdict == .inconclusive)

    var story = supplierRebound()
    story.trace.removeAll { $0.point == .deferredAdd }
    #expect(story.judged(.supplierReboundAfterDetach).verdict == .clean)
  }

  @Test("a link is why a consumer attaches after a refused unbind, too")
  func collateralAfterRefusal() {
    var story = supplierRebound()
    story.trace.removeFirst(4)
    story.trace.insert(contentsOf: refusedUnbind, at: 0)
    story.workerRuns()
    let judgement = story.judged(.doneInTurn)
    #expect(judgement.findings.map(\.verdict) == [.collateral])
  }

  private var refusedUnbind: [TraceRecord] {
    var story = Story()
    story.unbind(error: 19)
    return story.trace
  }

  @Test("a link's deferral from before the detach does not explain what came after it")
  func linkedBefore() {
    var story = Story()
    story.begins(.bind, device: Story.other)
    story.probeBegins(pid: Story.racer, device: Story.other)
    story.bound(pid: Story.racer, by: .bind, device: Story.other)
    story.deferred(pid: Story.racer, by: .link)
    story.endsBound(pid: Story.racer, device: Story.other)
    story.returns(.bind, device: Story.other)
    story.workerBegins()
    story.bind()
    story.begins(.unbind, device: Story.other)
    story.detached(pid: Story.racer)
    story.returns(.unbind, device: Story.other)
    story.workerAttaches()
    story.workerEnds()
    // The detach is collateral, the attach is not.
    #expect(story.judged(.doneInTurn).findings.count == 1)
  }

  @Test("a supplier that was bound before the detach is no hit")
  func supplierBoundBefore() {
    var story = Story()
    story.bind(device: Story.other)
    story.unbind()
    #expect(story.judged(.supplierReboundAfterDetach).verdict == .missed)
  }

  @Test("an unbind of the supplier takes the consumer along: a note, and nobody else's hand")
  func collateralDetach() throws {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.unbind, device: Story.other)
    story.releaseBegins(pid: Story.racer, device: Story.other)
    story.detached(pid: Story.racer)
    story.cleansUp(pid: Story.racer, device: Story.other)
    story.returns(.unbind, device: Story.other)
    // That we release it inside is all that names the device.
    let judgement = story.judged(.unboundAndBound)
    #expect(judgement.verdict == .collateral)
    #expect(!judgement.isHit)
    #expect(judgement.findings.first?.text.contains("with the unbind of 0:0:0:1") == true)
    // It is no unbind of this device.
    story.bind()
    #expect(!story.judged(.unboundAndBound).isHit)
  }

  @Test("and so does its removal; by a stranger it is his hand")
  func otherCollateralDetaches() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.remove, device: Story.other)
    story.detached(pid: Story.racer)
    story.returns(.remove, device: Story.other)
    #expect(story.judged(.unboundAndBound).verdict == .collateral)

    story = Story()
    story.begins(.unbind, pid: Story.stranger, device: Story.other)
    story.detached(pid: Story.stranger)
    story.returns(.unbind, pid: Story.stranger, device: Story.other)
    let judgement = story.judged(.unboundAndBound)
    #expect(judgement.findings.allSatisfy { $0.verdict == .inconclusive })
  }

  @Test("brought back by the supplier's bind, as that took it along: a note as well")
  func collateralBack() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.bind()
    story.begins(.unbind, device: Story.other)
    story.releaseBegins(pid: Story.racer, device: Story.other)
    story.detached(pid: Story.racer)
    story.cleansUp(pid: Story.racer, device: Story.other)
    story.returns(.unbind, device: Story.other)
    story.begins(.bind, device: Story.other)
    story.probeBegins(pid: Story.racer, device: Story.other)
    story.bound(pid: Story.racer, by: .bind, device: Story.other)
    story.deferred(pid: Story.racer, by: .link)
    story.endsBound(pid: Story.racer, device: Story.other)
    story.returns(.bind, device: Story.other)
    story.workerRuns()
    let judgement = story.judged(.unboundAndBound)
    #expect(judgement.findings.map(\.verdict) == [.collateral, .collateral])
    #expect(judgement.verdict == .collateral)
  }

  // MARK: L2 link-lock-drop

  /// Our unbind of a supplier waits for its consumer; meanwhile another detaches the supplier, and
  /// binds it to the rival, or not.
  private func lockDropped(isRebound: Bool, isConsumerLast: Bool = true) -> Story {
    var story = Story()
    story.rival = "rival"
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.releaseBegins(pid: Story.racer)
    story.releaseBegins(pid: Story.racer, device: Story.other)
    if !isConsumerLast { story.cleansUp(pid: Story.racer, device: Story.other) }
    story.unbind(pid: Story.second)
    if isRebound { story.bind(pid: Story.second, driver: "rival") }
    if isConsumerLast { story.cleansUp(pid: Story.racer, device: Story.other) }
    story.returns(.unbind)
    return story
  }

  @Test("unbind returns success while the device is bound elsewhere")
  func falseSuccess() throws {
    let judgement = lockDropped(isRebound: true).judged(.reboundUnderUnbind)
    #expect(judgement.verdict == .falseSuccess)
    #expect(judgement.isHit)
    let finding = try #require(judgement.findings.first)
    #expect(finding.unbind?.pid == Story.racer)
    #expect(finding.attach?.pid == Story.second)
    #expect(finding.driver == "rival")
  }

  @Test("where another detached it and it stayed so, success is true")
  func trueSuccess() {
    let judgement = lockDropped(isRebound: false).judged(.reboundUnderUnbind)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test("unbound again when the unbind returns: true as well")
  func unboundAgain() {
    var story = lockDropped(isRebound: true)
    let last = story.trace.removeLast()
    story.unbind(pid: Story.second, driver: "rival")
    story.add(.deferredDelete, pid: Story.racer, device: 0xc0)
    story.trace.append(last)
    #expect(!story.judged(.doneInTurn).findings.contains { $0.verdict == .falseSuccess })
  }

  @Test("an unbind that waits for something else than its consumer is no hit")
  func otherConsumer() {
    var story = lockDropped(isRebound: true)
    for index in story.trace.indices where story.trace[index].device == Story.other {
      story.trace[index].name = "0:0:0:9"
    }
    let judgement = story.judged(.reboundUnderUnbind)
    #expect(judgement.verdict == .falseSuccess)
    #expect(!judgement.isHit)
  }

  @Test("an unbind that may have had its answer before the bind says nothing false")
  func answeredBefore() {
    let judgement = lockDropped(isRebound: true, isConsumerLast: false)
      .judged(.reboundUnderUnbind)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }
}
