import Evidence
import Testing

@testable import Verdicts

/// Removals against unbind and bind (catalog B5, R2).
@Suite struct RemovalVerdictTests {
  @Test("an unbind that waits for our removal: both had their way")
  func unbindDuringRemoval() {
    let judgement = Story.unbindDuringRemoval.judged(.unbindDuringRemoval)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
    #expect(judgement.findings.isEmpty)
  }

  @Test("an unbind that waits while PCI stops the device overlaps its removal as well")
  func unbindDuringStop() {
    var story = Story()
    story.driverAtStart = "sd"
    story.releaseBegins(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind, pid: Story.second)
    story.writes(.remove)
    let judgement = story.judged(.unbindDuringRemoval)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("an unbind that was done before, or a stranger's removal, is no hit")
  func unbindBeforeRemoval() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.begins(.remove)
    story.returns(.remove)
    #expect(story.judged(.unbindDuringRemoval).verdict == .missed)

    story = Story()
    story.driverAtStart = "sd"
    story.begins(.remove, pid: Story.stranger)
    story.unbind(error: 19)
    story.detached(pid: Story.stranger)
    story.returns(.remove, pid: Story.stranger)
    let judgement = story.judged(.unbindDuringRemoval)
    #expect(judgement.verdict == .inconclusive)
    #expect(!judgement.isHit)

    story = Story()
    story.begins(.remove, pid: Story.stranger)
    story.unbind(error: 19)
    story.releaseBegins(pid: Story.stranger)
    story.returns(.remove, pid: Story.stranger)
    #expect(story.judged(.unbindDuringRemoval).verdict == .missed)
  }

  @Test("a removal that has not ended can detach yet: inconclusive")
  func removalUnfinished() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.remove, pid: Story.second)
    story.unbind()
    #expect(story.judged(.unbindDuringRemoval).verdict == .inconclusive)
  }

  /// PCI stops a device's driver before it removes the device, and does not mark it dead meanwhile.
  private func stopped() -> Story {
    var story = Story()
    story.driverAtStart = "sd"
    story.detached(pid: Story.racer)
    return story
  }

  @Test("a bind between a removal's stop and its end")
  func boundDuringRemoval() {
    var story = stopped()
    story.bind(pid: Story.second)
    story.begins(.remove)
    story.detached(pid: Story.racer)
    story.returns(.remove)
    let judgement = story.judged(.boundDuringRemoval)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("a bind that was refused, or that followed an unbind, is no hit")
  func notBoundDuringRemoval() {
    var story = stopped()
    story.bind(pid: Story.second, error: 19)
    story.begins(.remove)
    story.returns(.remove)
    #expect(story.judged(.boundDuringRemoval).verdict == .missed)

    story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.bind(pid: Story.second)
    story.begins(.remove)
    story.detached(pid: Story.racer)
    story.returns(.remove)
    #expect(story.judged(.boundDuringRemoval).verdict == .missed)
  }
}
