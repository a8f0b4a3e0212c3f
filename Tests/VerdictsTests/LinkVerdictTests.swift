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
      story.trace[index].stack = ["driver_deferred_probe_add"] + Way.unknownThread.frames
      story.trace[index].pid = 77
    }
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

  @Test("an unbind that may have had its answer before the bind says nothing false")
  func answeredBefore() {
    let judgement = lockDropped(isRebound: true, isConsumerLast: false)
      .judged(.reboundUnderUnbind)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }
}
