import Evidence
import Testing

@testable import Verdicts

/// A race that cannot be reached on this kernel and device says so, and by what it is known.
@Suite struct PremiseTests {
  /// A device that is added, and attached by that.
  private func added(_ tell: (inout Story) -> Void = { _ in }) -> Story {
    var story = Story()
    story.addedInTurn()
    tell(&story)
    return story
  }

  @Test("an addition that attaches by itself has no helper that could be pending")
  func probedAtOnce() throws {
    let reason = try #require(Premise.broken(added().evidence, order: .helperPendingAtDetach))
    #expect(reason.contains("the bus scsi is probed at once"))
    #expect(reason.contains("device_add() attached sd"))
  }

  @Test("a race that needs no helper takes nothing of that for granted")
  func otherOrder() {
    #expect(Premise.broken(added().evidence, order: .addingAtDetach) == nil)
  }

  @Test("where a helper was scheduled, a bind was faster, or a stranger added it, nothing is known")
  func unknown() {
    let scheduled = added { $0.scheduled() }
    #expect(Premise.broken(scheduled.evidence, order: .helperPendingAtDetach) == nil)
    let deferred = added { $0.deferred(pid: Story.racer, by: .deviceAdd) }
    #expect(Premise.broken(deferred.evidence, order: .helperPendingAtDetach) == nil)

    var faster = Story()
    faster.begins(.scan)
    faster.bind(pid: Story.second)
    faster.returns(.scan)
    #expect(Premise.broken(faster.evidence, order: .helperPendingAtDetach) == nil)

    var foreign = Story()
    foreign.attached(pid: Story.stranger, by: .deviceAdd)
    #expect(Premise.broken(foreign.evidence, order: .helperPendingAtDetach) == nil)
  }

  @Test("a trace that is not whole, or does not tell what is scheduled, breaks no premise")
  func untold() {
    var lost = added()
    lost.loss.traceLost = 1
    #expect(Premise.broken(lost.evidence, order: .helperPendingAtDetach) == nil)
    var weak = added()
    weak.level = .uevent
    #expect(Premise.broken(weak.evidence, order: .helperPendingAtDetach) == nil)
    var untold = added()
    untold.untold = [UntoldFact(.schedule, reason: "no place")]
    #expect(Premise.broken(untold.evidence, order: .helperPendingAtDetach) == nil)
  }
}
