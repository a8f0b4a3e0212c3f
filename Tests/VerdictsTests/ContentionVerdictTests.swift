import Evidence
import Testing

@testable import Verdicts

/// Writes to bind, unbind and drivers_probe at once (catalog B2, B3): the last word wins, and none of them
/// says anything false.
@Suite struct ContentionVerdictTests {
  @Test("an unbind waits for another, a bind for both; the last word wins")
  func contended() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.racer)
    story.releaseBegins(pid: Story.second)
    story.begins(.bind, pid: Story.third)
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind)
    story.returns(.unbind, pid: Story.second)
    story.attached(pid: Story.third, by: .bind)
    story.returns(.bind, pid: Story.third)
    let judgement = story.judged(.contended)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
    #expect(judgement.findings.isEmpty)
  }

  @Test("an unbind that returns late from a detach by another said nothing false")
  func slowReturn() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.racer)
    story.releaseBegins(pid: Story.second)
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind)
    story.bind(pid: Story.third)
    story.returns(.unbind, pid: Story.second)
    let judgement = story.judged(.contended)
    #expect(judgement.findings.isEmpty)
    #expect(judgement.verdict == .clean)
  }

  @Test("dev->driver is cleared some time after the record of a detach")
  func detachUnderWay() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.detached(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.returns(.unbind)
    story.returns(.unbind, pid: Story.second)
    let judgement = story.judged(.contended)
    // Nothing of it was attached, so it is none of a race of both.
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test("a detach outside of any call that has records counts as one")
  func detachByStop() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.releaseBegins(pid: Story.racer)
    story.detached(pid: Story.second)
    story.bind(pid: Story.third)
    story.returns(.unbind)
    #expect(story.judged(.doneInTurn).findings.isEmpty)

    story = Story()
    story.driverAtStart = "sd"
    story.detached(pid: Story.second)
    story.begins(.unbind)
    story.releaseBegins(pid: Story.racer)
    story.returns(.unbind)
    #expect(story.judged(.doneInTurn).findings.isEmpty)
  }

  @Test("with nothing that detached, success is false")
  func nothingDetached() {
    var story = Story()
    story.unbind()
    story.bind()
    story.unbind()
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.returns(.unbind, pid: Story.second)
    let judgement = story.judged(.unboundAndBound)
    #expect(judgement.verdict == .falseSuccess)
    #expect(judgement.findings.first?.attach == nil)
  }

  @Test("writes one after the other do not contend, nor do those of one thread or of a stranger")
  func notContended() {
    var story = Story()
    story.unbind()
    story.bind(pid: Story.second)
    #expect(story.judged(.contended).verdict == .missed)

    story.begins(.bind, pid: Story.stranger)
    story.bind(error: 16)
    story.returns(.bind, pid: Story.stranger, error: 16)
    #expect(story.judged(.contended).verdict == .missed)
  }

  @Test("drivers_probe contends as well")
  func driversProbeContends() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.driversProbe)
    story.begins(.unbind, pid: Story.second)
    story.detached(pid: Story.second)
    story.returns(.unbind, pid: Story.second)
    story.attached(pid: Story.racer, by: .driversProbe)
    story.returns(.driversProbe)
    let judgement = story.judged(.contended)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("writes that overlap and are all refused are no race of anything")
  func nothingHappened() {
    var story = Story()
    story.driverAtStart = "sd"
    story.driverAtEnd = "sd"
    story.begins(.unbind)
    story.bind(pid: Story.second, error: 16)
    story.returns(.unbind, error: 1)
    #expect(story.judged(.contended).verdict == .missed)
  }

  @Test("an unbind that detached while a bind was refused is no race of both either")
  func nothingAttached() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.bind(pid: Story.second, error: 16)
    story.detached(pid: Story.racer)
    story.returns(.unbind)
    #expect(story.judged(.contended).verdict == .missed)
  }

  @Test("a removal under which every unbind was refused is no race of both")
  func nothingUnbound() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.remove)
    story.detached(pid: Story.racer)
    story.unbind(pid: Story.second, error: 19)
    story.returns(.remove)
    #expect(story.judged(.unbindDuringRemoval).verdict == .missed)
    #expect(Story.unbindDuringRemoval.judged(.unbindDuringRemoval).isHit)
  }

  @Test("a driver link that says otherwise than the trace: inconclusive")
  func contradicted() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.begins(.bind, pid: Story.second)
    story.detached(pid: Story.racer)
    story.returns(.unbind)
    story.attached(pid: Story.second, by: .bind)
    story.returns(.bind, pid: Story.second)
    #expect(story.judged(.contended).verdict == .clean)
    story.driverAtEnd = nil
    #expect(story.judged(.contended).verdict == .inconclusive)
  }
}
