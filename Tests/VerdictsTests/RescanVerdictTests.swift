import Evidence
import Testing

@testable import Verdicts

/// Rescans (catalog R1, C6), and the way a cycle ends.
@Suite struct RescanVerdictTests {
  // MARK: R1 rescan, C6 rescan-present

  @Test(
    "a rescan of ours after the detach is a request, also where its function is inlined",
    arguments: [Way.rescan, .inlinedRescan])
  func rescan(way: Way) {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.begins(.rescan)
    story.attached(pid: Story.racer, by: way)
    story.returns(.rescan)
    let judgement = story.judged(.rescannedAfterDetach)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("a bind after the detach is no rescan, and a rescan before it none after it")
  func noRescanAfter() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.bind()
    #expect(story.judged(.rescannedAfterDetach).verdict == .missed)

    story = Story()
    story.begins(.rescan)
    story.attached(pid: Story.racer, by: .rescan)
    story.returns(.rescan)
    story.unbind()
    #expect(story.judged(.rescannedAfterDetach).verdict == .missed)
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
    story.attached(pid: Story.stranger, by: .inlinedRescan)
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

  // MARK: A synchronous driver, and the end

  @Test("an unbind of a synchronous driver that was answered, whatever it said")
  func verbsAnswered() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    #expect(story.judged(.verbsAnswered).verdict == .clean)

    story = Story()
    story.unbind()
    story.verbs = []
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
