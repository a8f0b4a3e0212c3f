import Evidence
import Testing

@testable import Verdicts

/// A point that the kernel does not let be probed has no records, and that says nothing.
@Suite struct UnprobedVerdictTests {
  @Test("an order is no hit where a point is missing that it rests on")
  func orderRestsOnIt() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.remove)
    story.releaseBegins(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind, pid: Story.second)
    story.returns(.remove)
    for point in [TracePoint.deviceDelete, .deviceDeleteReturn, .deviceAdd] {
      story.unprobed = [point]
      let judgement = story.judged(.unbindDuringRemoval)
      #expect(judgement.verdict == .inconclusive)
      #expect(!judgement.isHit)
    }
    // It takes away nothing else.
    story.unprobed = [.autoprobeStore]
    #expect(story.judged(.unbindDuringRemoval).verdict == .clean)
  }

  @Test("nothing is clean where deferrals cannot be seen; a late attach is one all the same")
  func deferralsUnseen() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.helperEnds()
    story.unprobed = [.deferredAdd]
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)

    story = .lateAttach
    story.unprobed = [.deferredAdd]
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(judgement.isHit)
  }

  @Test("a call whose return cannot be seen is not still going on")
  func returnsUnseen() {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.bind()
    story.unbind()
    story.attached(pid: Story.second, by: .deviceAdd)
    story.unprobed = [.deviceAddReturn]
    let judgement = story.judged(.addingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(!judgement.isHit)
  }

  @Test("an address can be another device's, where additions cannot be seen")
  func additionsUnseen() {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.begins(.remove)
    story.returns(.remove)
    story.helperRuns()
    story.unprobed = [.deviceAdd]
    let judgement = story.judged(.helperPendingAtRemoval)
    #expect(judgement.findings.allSatisfy { $0.verdict == .inconclusive })
    #expect(judgement.verdict == .inconclusive)
  }

  @Test("every order names only points that trace evidence can do without")
  func pointsOfOrders() {
    let essential: Set<TracePoint> = [
      .bound, .release, .cleanup, .schedule, .deviceHelper, .deviceHelperReturn, .driverHelper,
      .driverHelperReturn, .bindStore, .bindStoreReturn, .unbindStore, .unbindStoreReturn,
    ]
    let orders: [WantedOrder] = [
      .retriedHelperPendingAtDetach, .probeFailedUnderUnbind, .overridesContended,
      .helperPendingAtAutoprobe, .boundDuringRemoval, .registeringAtDetach, .contended,
    ]
    for order in orders {
      #expect(!order.points.isEmpty)
      #expect(essential.isDisjoint(with: order.points))
    }
  }
}
