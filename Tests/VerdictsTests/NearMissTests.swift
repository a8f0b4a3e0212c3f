import Evidence
import Testing

@testable import Verdicts

/// Each condition of an order decides: where that one alone does not hold, the order is not reached.
@Suite struct NearMissTests {
  struct Miss: CustomTestStringConvertible, Sendable {
    let order: WantedOrder
    let testDescription: String
    let tell: @Sendable (inout Story) -> Void

    init(
      _ order: WantedOrder, _ words: String, _ tell: @escaping @Sendable (inout Story) -> Void
    ) {
      self.order = order
      testDescription = "\(order): \(words)"
      self.tell = tell
    }
  }

  @Test("all but one condition", arguments: helpers + attaches + deferrals + locks + verbs)
  func miss(_ miss: Miss) {
    var story = Story()
    miss.tell(&story)
    #expect(!isReached(miss.order, story))
  }

  private func isReached(_ order: WantedOrder, _ story: Story) -> Bool {
    TraceJudge(story.evidence, order: order, columns: Columns()).isReached
  }

  @Test("a bind alone that attached is done in turn")
  func boundInTurn() {
    var story = Story()
    story.bind()
    #expect(isReached(.doneInTurn, story))
  }

  private static let deferral: Set<Fact> = [.deferral, .undeferral, .retry, .worker]
  static let facts: [(orders: [WantedOrder], facts: Set<Fact>)] = [
    (
      [
        .unboundAndBound, .rescannedAfterDetach, .doneInTurn, .unbindDuringProbe,
        .rivalBoundUnderUnbind, .reboundUnderUnbind,
      ], []
    ),
    ([.searchedAfterDetach, .addingAtDetach], [.addition]),
    (
      [
        .helperPendingAtDetach, .secondHelperPendingAtDetach, .helperPendingAtRefusal,
        .helperPendingAtBind,
      ], [.schedule]
    ),
    ([.retriedHelperPendingAtDetach], deferral.union([.schedule])),
    (
      [
        .deferredAtRefusal, .retryingAtDetach, .boundAfterDeferral, .supplierReboundAfterDetach,
        .probeFailedUnderUnbind,
      ], deferral
    ),
    ([.helperPendingAtOverride], [.schedule, .override]),
    ([.overridesContended], [.override, .driversProbe]),
    ([.helperPendingAtAutoprobe], [.schedule, .autoprobe]),
    ([.helperPendingAtUnload], [.schedule, .unregistration]),
    ([.helperPendingAtRemoval], [.schedule, .removal, .addition]),
    ([.unbindDuringRemoval, .boundDuringRemoval], [.removal, .addition]),
    ([.registeringAtDetach], [.registration]), ([.contended], [.driversProbe]),
  ]

  @Test("where a fact is not told that an order rests on, no cycle is a hit", arguments: facts)
  func untold(orders: [WantedOrder], facts: Set<Fact>) {
    for order in orders {
      for fact in Fact.allCases {
        var story = Story()
        story.untold = [UntoldFact(fact, reason: "it is not there")]
        let judge = TraceJudge(story.evidence, order: order, columns: Columns())
        let isNamed = judge.untoldOfOrder?.fact == fact
        #expect(isNamed == facts.contains(fact), "\(order) without \(fact)")
      }
    }
  }

  @Test(
    "a device is put on the list where a driver was tried on it, or was there",
    arguments: [TracePoint.reallyProbe, .bound, .release, nil])
  func matched(point: TracePoint?) {
    var story = Story()
    story.begins(.bind)
    if let point {
      story.add(
        point, pid: Story.racer, device: Story.device, name: "0:0:0:0", stack: ["bind_store"])
    }
    story.returns(.bind, error: 1)
    // By it the device is known.
    story.helperStarts()
    story.deferred(pid: Story.worker, by: .link)
    story.unbind(error: 19)
    #expect(isReached(.deferredAtRefusal, story) == (point != nil))
  }

  private static let helpers = [
    Miss(.helperPendingAtDetach, "our bind came after the detach") {
      $0.scheduled()
      $0.unbind()
      $0.bind()
    },
    Miss(.secondHelperPendingAtDetach, "both are of one side") {
      $0.scheduled()
      $0.scheduled()
      $0.helperRuns()
      $0.unbind()
    },
    Miss(.secondHelperPendingAtDetach, "nobody scheduled the one that attached") {
      $0.helperRuns()
      $0.scheduledByLoad()
      $0.unbind()
    },
  ]

  private static let attaches = [
    Miss(.rescannedAfterDetach, "another's rescan") {
      $0.unbind()
      $0.attached(pid: Story.stranger, by: .rescan)
    },
    Miss(.searchedAfterDetach, "another verb") {
      $0.unbind()
      $0.bind()
    },
    Miss(.searchedAfterDetach, "the rescan failed") {
      $0.unbind()
      $0.writes(.rescan, error: 5)
    },
    Miss(.unboundAndBound, "the bind came first") {
      $0.bind()
      $0.unbind()
    },
    Miss(.unboundAndBound, "the unbind detached and failed") {
      $0.begins(.unbind)
      $0.detached(pid: Story.racer)
      $0.returns(.unbind, error: 5)
      $0.bind()
    },
    Miss(.unboundAndBound, "another thread attached within our bind") {
      $0.unbind()
      $0.begins(.bind)
      $0.attached(pid: Story.second, by: .bind)
      $0.returns(.bind)
    },
    Miss(.unboundAndBound, "the attach came after our bind") {
      $0.unbind()
      $0.begins(.bind)
      $0.returns(.bind)
      $0.attached(pid: Story.racer, by: .rescan)
    },
    Miss(.unboundAndBound, "the bind attached and failed") {
      $0.unbind()
      $0.begins(.bind)
      $0.attached(pid: Story.racer, by: .bind)
      $0.returns(.bind, error: 5)
    },
  ]

  private static let deferrals = [
    Miss(.probeFailedUnderUnbind, "the probe was the unbind's own thread's") {
      $0.begins(.unbind)
      $0.probeBegins(pid: Story.racer)
      $0.releaseBegins(pid: Story.racer)
      $0.probeFails(pid: Story.racer, by: .bind)
      $0.returns(.unbind)
    },
    Miss(.probeFailedUnderUnbind, "the probe began after the unbind reached the device") {
      $0.begins(.unbind, pid: Story.second)
      $0.releaseBegins(pid: Story.second)
      $0.probeBegins(pid: Story.racer)
      $0.probeFails(pid: Story.racer, by: .bind)
      $0.returns(.unbind, pid: Story.second)
    },
    Miss(.probeFailedUnderUnbind, "the probe failed before the unbind reached the device") {
      $0.probeBegins(pid: Story.racer)
      $0.begins(.unbind, pid: Story.second)
      $0.probeFails(pid: Story.racer, by: .bind)
      $0.releaseBegins(pid: Story.second)
      $0.returns(.unbind, pid: Story.second)
    },
    Miss(.probeFailedUnderUnbind, "the probe failed after the unbind") {
      $0.probeBegins(pid: Story.racer)
      $0.begins(.unbind, pid: Story.second)
      $0.releaseBegins(pid: Story.second)
      $0.returns(.unbind, pid: Story.second)
      $0.probeFails(pid: Story.racer, by: .bind)
    },
    Miss(.deferredAtRefusal, "refused with another error") {
      $0.driversProbeDefers()
      $0.unbind(error: 1)
    },
  ]

  private static let locks = [
    Miss(.rivalBoundUnderUnbind, "the unbind never reached the device") {
      $0.begins(.unbind)
      $0.bind(pid: Story.second, driver: "rival")
      $0.returns(.unbind, error: 19)
    },
    Miss(.rivalBoundUnderUnbind, "the rival came after the unbind") {
      $0.begins(.unbind)
      $0.releaseBegins(pid: Story.racer)
      $0.returns(.unbind)
      $0.bind(pid: Story.second, driver: "rival")
    },
    Miss(.unbindDuringProbe, "the probe failed") {
      $0.probeBegins(pid: Story.racer)
      $0.begins(.unbind, pid: Story.second)
      $0.releaseBegins(pid: Story.second)
      $0.probeFails(pid: Story.racer, by: .bind)
      $0.cleansUp(pid: Story.second)
      $0.returns(.unbind, pid: Story.second)
    },
    Miss(.unbindDuringProbe, "the probe was the unbind's own thread's") {
      $0.probeBegins(pid: Story.second)
      $0.begins(.unbind, pid: Story.second)
      $0.releaseBegins(pid: Story.second)
      $0.add(.reallyProbeReturn, pid: Story.second, result: 0)
      $0.cleansUp(pid: Story.second)
      $0.returns(.unbind, pid: Story.second)
    },
    Miss(.unbindDuringProbe, "the probe began under the unbind") {
      $0.begins(.unbind, pid: Story.second)
      $0.probeBegins(pid: Story.racer)
      $0.releaseBegins(pid: Story.second)
      $0.probeSucceeds(pid: Story.racer, by: .bind)
      $0.cleansUp(pid: Story.second)
      $0.returns(.unbind, pid: Story.second)
    },
    Miss(.unbindDuringProbe, "the detach came before the end of the probe") {
      $0.probeBegins(pid: Story.racer)
      $0.begins(.unbind, pid: Story.second)
      $0.releaseBegins(pid: Story.second)
      $0.cleansUp(pid: Story.second)
      $0.probeSucceeds(pid: Story.racer, by: .bind)
      $0.returns(.unbind, pid: Story.second)
    },
    Miss(.supplierReboundAfterDetach, "the supplier was attached after our bind") {
      $0.unbind()
      $0.begins(.bind, device: Story.other)
      $0.returns(.bind, device: Story.other)
      $0.bound(pid: Story.racer, by: .bind, device: Story.other)
    },
    Miss(.supplierReboundAfterDetach, "another thread attached the supplier") {
      $0.unbind()
      $0.begins(.bind, device: Story.other)
      $0.bound(pid: Story.second, by: .bind, device: Story.other)
      $0.returns(.bind, device: Story.other)
    },
    Miss(.supplierReboundAfterDetach, "the supplier was probed only") {
      $0.unbind()
      $0.begins(.bind, device: Story.other)
      $0.probeBegins(pid: Story.racer, device: Story.other)
      $0.returns(.bind, device: Story.other)
    },
    Miss(.supplierReboundAfterDetach, "the bind attached another device") {
      $0.unbind()
      $0.begins(.bind, device: Story.other)
      $0.bound(pid: Story.racer, by: .bind)
      $0.returns(.bind, device: Story.other)
    },
    rebound("it detached by itself") {
      $0.releaseBegins(pid: Story.racer, device: Story.other)
      $0.detached(pid: Story.racer)
      $0.bind(pid: Story.second, driver: "rival")
    },
    Miss(.reboundUnderUnbind, "the other detached before it began") {
      $0.unbind(pid: Story.second)
      $0.begins(.unbind)
      $0.releaseBegins(pid: Story.racer, device: Story.other)
      $0.bind(pid: Story.second, driver: "rival")
      $0.cleansUp(pid: Story.racer, device: Story.other)
      $0.returns(.unbind)
    },
    rebound("the bind came before the detach") {
      $0.releaseBegins(pid: Story.racer, device: Story.other)
      $0.bind(pid: Story.second, driver: "rival")
      $0.unbind(pid: Story.second)
    },
    Miss(.reboundUnderUnbind, "the bind came after its end") {
      $0.begins(.unbind)
      $0.releaseBegins(pid: Story.racer, device: Story.other)
      $0.unbind(pid: Story.second)
      $0.cleansUp(pid: Story.racer, device: Story.other)
      $0.returns(.unbind)
      $0.bind(pid: Story.second, driver: "rival")
    },
    rebound("the same driver was bound again") {
      $0.releaseBegins(pid: Story.racer, device: Story.other)
      $0.unbind(pid: Story.second)
      $0.bind(pid: Story.second)
    },
    rebound("another thread released the consumer") {
      $0.releaseBegins(pid: Story.third, device: Story.other)
      $0.unbind(pid: Story.second)
      $0.bind(pid: Story.second, driver: "rival")
    },
    rebound("the consumer was not released") {
      $0.probeBegins(pid: Story.racer, device: Story.other)
      $0.unbind(pid: Story.second)
      $0.bind(pid: Story.second, driver: "rival")
    },
  ]

  /// An unbind that cleans up another device at its end, and what comes before that.
  private static func rebound(
    _ words: String, _ tell: @escaping @Sendable (inout Story) -> Void
  ) -> Miss {
    Miss(.reboundUnderUnbind, words) {
      $0.begins(.unbind)
      tell(&$0)
      $0.cleansUp(pid: Story.racer, device: Story.other)
      $0.returns(.unbind)
    }
  }

  private static let verbs = [
    Miss(.contended, "nothing was detached") {
      $0.begins(.bind)
      $0.begins(.bind, pid: Story.second)
      $0.attached(pid: Story.racer, by: .bind)
      $0.returns(.bind)
      $0.returns(.bind, pid: Story.second, error: 16)
    },
    Miss(.overridesContended, "nobody knows which driver was attached") {
      $0.writes(.driverOverride)
      $0.writes(.driverOverride, pid: Story.second)
      $0.begins(.driversProbe, pid: Story.second)
      $0.bound(pid: Story.second, by: .driversProbe)
      $0.returns(.driversProbe, pid: Story.second)
    },
    Miss(.overridesContended, "a third thread's probe attached") {
      $0.writes(.driverOverride)
      $0.writes(.driverOverride, pid: Story.second)
      $0.begins(.driversProbe, pid: Story.third)
      $0.attached(pid: Story.third, by: .driversProbe)
      $0.returns(.driversProbe, pid: Story.third)
    },
    Miss(.unbindDuringRemoval, "the release before the removal was the unbind's") {
      $0.unbind(pid: Story.second)
      $0.writes(.remove)
    },
    Miss(.unbindDuringRemoval, "who removed released nothing before") {
      $0.begins(.unbind, pid: Story.second)
      $0.probeBegins(pid: Story.racer)
      $0.detached(pid: Story.second)
      $0.returns(.unbind, pid: Story.second)
      $0.writes(.remove)
    },
    Miss(.unbindDuringRemoval, "who removed released another device") {
      $0.begins(.unbind, pid: Story.second)
      $0.releaseBegins(pid: Story.racer, device: Story.other)
      $0.detached(pid: Story.second)
      $0.returns(.unbind, pid: Story.second)
      $0.writes(.remove)
    },
    Miss(.unbindDuringRemoval, "the unbind had ended before the stop") {
      $0.unbind(pid: Story.second)
      $0.releaseBegins(pid: Story.racer)
      $0.writes(.remove)
    },
    Miss(.unbindDuringRemoval, "the unbind began after the removal") {
      $0.releaseBegins(pid: Story.racer)
      $0.writes(.remove)
      $0.unbind(pid: Story.second)
    },
    Miss(.boundDuringRemoval, "another thread detached") {
      $0.detached(pid: Story.third)
      $0.bind(pid: Story.second)
      $0.writes(.remove)
    },
    Miss(.boundDuringRemoval, "the bind came after the removal") {
      $0.detached(pid: Story.racer)
      $0.writes(.remove)
      $0.bind(pid: Story.second)
    },
    Miss(.doneInTurn, "a stranger attached") {
      $0.attached(pid: Story.stranger, by: .rescan)
      $0.writes(.rescan)
    },
    Miss(.doneInTurn, "the bind that was refused is another thread's") {
      $0.loadedInTurn()
      $0.bind(pid: Story.second, error: 16)
      $0.verb(.bind, Time(nanoseconds: 1), 16, pid: Story.third)
    },
    Miss(.doneInTurn, "the bind was refused for another reason") {
      $0.loadedInTurn()
      $0.bind(error: 1)
    },
    Miss(.doneInTurn, "a second unbind was refused") {
      $0.loadedInTurn()
      $0.unbind()
      $0.unbind(error: 19)
    },
    Miss(.doneInTurn, "the unbind detached nothing") {
      $0.loadedInTurn()
      $0.begins(.unbind)
      $0.returns(.unbind)
    },
    Miss(.doneInTurn, "the second unbind detached nothing") {
      $0.loadedInTurn()
      $0.unbind(pid: Story.second)
      $0.begins(.unbind)
      $0.returns(.unbind)
    },
  ]
}
