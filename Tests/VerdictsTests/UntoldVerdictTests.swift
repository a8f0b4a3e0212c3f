import Evidence
import Testing

@testable import Verdicts

/// A fact that a kernel does not tell has no records, and that says nothing.
@Suite struct UntoldVerdictTests {
  private func untold(_ facts: Fact...) -> [UntoldFact] {
    facts.map { UntoldFact($0, reason: "it is not there") }
  }

  @Test("an order is no hit where a fact is not told that it rests on, and the reason names it")
  func orderRestsOnIt() {
    var story = Story.unbindDuringRemoval
    for fact in [Fact.removal, .addition] {
      story.untold = untold(fact)
      let judgement = story.judged(.unbindDuringRemoval)
      #expect(judgement.verdict == .inconclusive)
      #expect(judgement.reason.contains(fact.words))
      #expect(!judgement.isHit)
    }
    // It takes away nothing else.
    story.untold = untold(.autoprobe)
    #expect(story.judged(.unbindDuringRemoval).verdict == .clean)
  }

  /// A helper that finds nothing to do after our bind and unbind.
  private var idleHelper: Story {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.helperEnds()
    return story
  }

  @Test("where deferrals are not told, a device that was bound and not tried since is not deferred")
  func deferralsUntold() {
    var story = idleHelper
    story.untold = untold(.deferral)
    #expect(story.judged(.helperPendingAtDetach).verdict == .clean)
  }

  @Test("one that was tried since and did not bind may be")
  func deferralAfterAProbe() {
    var story = idleHelper
    story.add(.reallyProbe, pid: Story.second, device: Story.device, name: "0:0:0:0", driver: "sd")
    story.add(.reallyProbeReturn, pid: Story.second, result: 0)
    #expect(story.judged(.helperPendingAtDetach).verdict == .clean)
    story.untold = untold(.deferral)
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason.contains(Fact.deferral.words))
  }

  @Test("and so may one whose supplier may have been bound since")
  func deferralByASupplier() {
    var story = idleHelper
    story.bind(pid: Story.second, device: Story.other)
    story.untold = untold(.deferral)
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
  }

  @Test("a late attach is one all the same")
  func lateAttachWithoutDeferrals() {
    var story = Story.lateAttach
    story.untold = untold(.deferral)
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(judgement.isHit)
  }

  @Test(
    "nothing is judged where a fact is not told that every attach is judged by",
    arguments: Fact.core)
  func coreUntold(fact: Fact) {
    var story = Story.lateAttach
    story.untold = untold(fact)
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason.contains(fact.words))
  }

  @Test("the helper that was scheduled has to be told, the other not")
  func helpersUntold() {
    var story = idleHelper
    story.untold = untold(.driverHelper)
    #expect(story.judged(.helperPendingAtDetach).verdict == .clean)
    story.untold = untold(.deviceHelper)
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
    story.untold = untold(.schedule)
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
  }

  @Test("a write of ours that succeeded and has no record: it was not recording")
  func unrecordedVerb() {
    var story = idleHelper
    story.trace.removeAll { $0.point == .bindStore || $0.point == .bindStoreReturn }
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason.contains("no record of our bind"))
  }

  @Test("an addition that is not told is no proof that it still goes on")
  func returnsUnseen() {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.bind()
    story.unbind()
    story.attached(pid: Story.second, by: .deviceAdd)
    story.untold = untold(.addition)
    let judgement = story.judged(.addingAtDetach)
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason.contains(Fact.addition.words))
    #expect(!judgement.isHit)
  }

  /// A retry that had begun before the detach scheduled the helper that attached.
  private var retried: Story {
    var story = Story()
    story.driversProbeDefers()
    story.bind(pid: Story.second, device: Story.other)
    story.workerBegins()
    story.bind()
    story.unbind()
    story.workerEnds()
    story.scheduled(pid: Story.worker)
    story.helperRuns()
    return story
  }

  @Test("a worker whose run's end cannot be seen is not still in that run")
  func runUnseen() {
    var story = retried
    story.trace.removeAll { $0.point == .deferredWorkReturn }
    story.untold = untold(.worker)
    #expect(story.judged(.helperPendingAtDetach).verdict != .lateAsyncAttach)
  }

  @Test("a finding stands, though the order cannot be told")
  func findingStands() {
    var story = Story.lateAttach
    story.begins(.bind)
    story.bind(pid: Story.second, error: 16)
    story.returns(.bind, error: 16)
    #expect(story.judged(.contended).isHit)
    story.untold = untold(.driversProbe)
    let judgement = story.judged(.contended)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(!judgement.isHit)
  }

  @Test("an address can be another device's, where additions cannot be seen")
  func additionsUnseen() {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.begins(.remove)
    story.returns(.remove)
    story.helperRuns()
    story.untold = untold(.addition)
    let judgement = story.judged(.helperPendingAtRemoval)
    #expect(judgement.findings.allSatisfy { $0.verdict == .inconclusive })
    #expect(judgement.verdict == .inconclusive)
  }

  @Test("what an order names besides the core is not the core")
  func factsOfOrders() {
    let orders: [WantedOrder] = [
      .retriedHelperPendingAtDetach, .probeFailedUnderUnbind, .overridesContended,
      .helperPendingAtAutoprobe, .boundDuringRemoval, .registeringAtDetach, .contended,
    ]
    for order in orders {
      #expect(!order.facts.isEmpty)
      #expect(Set(Fact.core).isDisjoint(with: order.facts))
    }
  }
}
