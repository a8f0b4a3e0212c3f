import Evidence
import Testing

@testable import Verdicts

/// Races of verbs alone (catalog B2, B3, B5, R1, R2, C6), and the way a cycle ends.
@Suite struct VerbVerdictTests {
  // MARK: B2, B3: contended

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
    #expect(judgement.verdict == .clean)
    #expect(judgement.findings.isEmpty)
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
    #expect(story.judged(.unboundAndBound).verdict == .falseSuccess)
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

  // MARK: R1 rescan, C6 rescan-present

  @Test("a rescan of ours after the detach is a request, and named by its function")
  func rescan() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.begins(.rescan)
    story.attached(pid: Story.racer, by: .rescan)
    story.returns(.rescan)
    let judgement = story.judged(.rescannedAfterDetach)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("a rescan that began before the detach is late; a stranger's is his")
  func lateRescan() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.rescan)
    story.unbind(pid: Story.second)
    story.attached(pid: Story.racer, by: .rescan)
    story.returns(.rescan)
    let judgement = story.judged(.rescannedAfterDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.findings.first?.attach?.function == "bus_rescan_devices")

    story = Story()
    story.unbind()
    story.attached(pid: Story.stranger, by: .rescan)
    #expect(story.judged(.rescannedAfterDetach).verdict == .foreignAttach)
  }

  @Test("an unload of ours that makes a bus probe again is a request as well")
  func rescanByUnload() {
    var story = Story()
    story.unbind()
    story.begins(.unload, pid: Story.child, value: "hid-x")
    story.attached(pid: Story.child, by: .rescan)
    story.returns(.unload, pid: Story.child)
    #expect(story.judged(.rescannedAfterDetach).verdict == .clean)
  }

  @Test("a bus that looks for devices leaves one that is there alone")
  func searched() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.writes(.rescan)
    let judgement = story.judged(.searchedAfterDetach)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)

    story = Story()
    story.driverAtStart = "sd"
    story.writes(.rescan)
    story.unbind()
    #expect(story.judged(.searchedAfterDetach).verdict == .missed)
  }

  // MARK: B5 remove-vs-unbind, R2 pci-stop

  @Test("an unbind that waits for our removal: both had their way")
  func unbindDuringRemoval() {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.remove)
    story.releaseBegins(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind, pid: Story.second)
    story.returns(.remove)
    let judgement = story.judged(.unbindDuringRemoval)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
    #expect(judgement.findings.isEmpty)
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

  // MARK: A synchronous driver, and the end

  @Test("an unbind of a synchronous driver that was answered, whatever it said")
  func verbsAnswered() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    #expect(story.judged(.verbsAnswered).verdict == .clean)

    story = Story()
    story.bind()
    #expect(story.judged(.verbsAnswered).verdict == .missed)

    // A device that nothing in the trace ever reached may not have been there.
    story = Story()
    story.unbind(error: 19)
    #expect(story.judged(.verbsAnswered).verdict == .missed)
  }

  @Test("bound at the end by somebody that nobody knows: inconclusive")
  func unexplainedEnd() {
    var story = Story()
    story.scheduled()
    story.unbind(error: 19)
    story.helperStarts()
    story.helperEnds()
    story.attached(pid: Story.worker, by: .unknownThread)
    let judgement = story.judged(.helperPendingAtRefusal)
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.isHit)
  }

  @Test("another driver at the end than the trace attached last: inconclusive")
  func otherDriverAtEnd() {
    var story = Story()
    story.unbind()
    story.bind()
    story.driverAtEnd = "rival"
    #expect(story.judged(.unboundAndBound).verdict == .inconclusive)
  }
}
