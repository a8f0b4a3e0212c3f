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

  @Test("what a bus finds is asked for; what was there and is attached by it came back unasked")
  func searchAttaches() throws {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.begins(.rescan)
    story.attached(pid: Story.racer, by: .deviceAdd)
    story.returns(.rescan)
    let judgement = story.judged(.searchedAfterDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.isHit)

    // The same for a scan of a SCSI host, and for a helper.
    story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.verb(.scan, story.tick(), 0)
    story.scheduled(pid: Story.racer)
    story.helperRuns()
    #expect(story.judged(.searchedAfterDetach).findings.isEmpty)
  }

  // MARK: A synchronous driver, and the end

  private var addedInTurn: Story {
    var story = Story()
    story.addedInTurn()
    return story
  }

  @Test("on a synchronous driver: it attached, the bind found it bound, the unbind detached it")
  func doneInTurn() {
    // 5.10 says ENODEV of a device that is bound.
    for refusal: Int32 in [16, 19] {
      var story = addedInTurn
      story.bind(pid: Story.second, error: refusal)
      story.unbind(pid: Story.second)
      let judgement = story.judged(.doneInTurn)
      #expect(judgement.verdict == .clean, "\(refusal)")
      #expect(judgement.isHit)
    }
  }

  @Test("a verb that was answered and did nothing of what it is for is no hit of such a control")
  func notDoneInTurn() {
    var refused = addedInTurn
    refused.bind(pid: Story.second, error: 1)
    refused.unbind(pid: Story.second, error: 1)
    #expect(refused.judged(.doneInTurn).verdict == .missed)

    var unboundBefore = addedInTurn
    unboundBefore.unbind(pid: Story.second)
    unboundBefore.bind(pid: Story.second, error: 16)
    #expect(unboundBefore.judged(.doneInTurn).verdict == .missed)

    var override = addedInTurn
    override.writes(.driverOverride, pid: Story.second, value: "none", error: 22)
    #expect(override.judged(.doneInTurn).verdict == .missed)

    var silent = addedInTurn
    silent.verbs = []
    #expect(silent.judged(.doneInTurn).verdict == .missed)
  }

  @Test("nothing that was attached, or only by work that was queued, is done in turn")
  func notAttachedInTurn() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    #expect(story.judged(.doneInTurn).verdict == .missed)

    story = Story()
    story.scheduled()
    story.helperRuns()
    story.unbind()
    #expect(story.judged(.doneInTurn).verdict == .missed)
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
