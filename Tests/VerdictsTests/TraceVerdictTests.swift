import Evidence
import Testing

@testable import Verdicts

/// Every rule of the level `trace`, each by the smallest story that calls for it.
@Suite struct TraceVerdictTests {
  @Test("a helper scheduled before the detach attaches after it: late")
  func lateAsyncAttach() throws {
    let judgement = Story.lateAttach.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(judgement.isHit)
    let attach = try #require(judgement.findings.first?.attach)
    #expect(attach.function == "__device_attach_async_helper")
    #expect(attach.command == "kworker/u8:1")
    #expect(attach.after! > 0)
    let seqnum = try #require(judgement.findings.first?.seqnum)
    #expect(seqnum.bind! == seqnum.unbind! + 1)
  }

  @Test("the helper may have begun before the detach, when it waits for the device's lock")
  func helperWaitsForLock() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.helperStarts()
    story.unbind()
    story.helperAttaches()
    story.helperEnds()
    #expect(story.judged(.helperPendingAtDetach).verdict == .lateAsyncAttach)
  }

  @Test("a helper that finds the device bound and ends before the unbind is no hit")
  func helperTooEarly() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.helperStarts()
    story.helperEnds()
    story.unbind()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .missed)
    #expect(!judgement.isHit)
  }

  @Test("a pending helper that attaches nothing leaves the last word standing: clean")
  func cleanHit() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.helperEnds()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("without a drain, nobody knows what would have come: inconclusive")
  func notDrained() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.isDrained = false
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
  }

  @Test("also where everything that was seen had ended")
  func notDrainedThoughEnded() {
    var story = Story()
    story.unbind()
    story.bind()
    story.isDrained = false
    #expect(story.judged(.unboundAndBound).verdict == .inconclusive)
    story.undrained = "The worker was still at work."
    #expect(story.judged(.unboundAndBound).reason == story.undrained)
  }

  @Test("an attach while a driver is attached: a detach has no record")
  func attachedTwice() {
    var story = Story()
    story.unbind()
    story.bind()
    story.bind(pid: Story.second)
    let judgement = story.judged(.unboundAndBound)
    #expect(judgement.verdict == .inconclusive)
    #expect(
      judgement.reason == "A driver was attached while there was one: a detach has no record.")
  }

  @Test("a helper whose end is missing from a drained cycle: inconclusive")
  func endMissing() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
  }

  @Test("a helper of another device of that name proves nothing about this one")
  func otherDevice() {
    var story = Story()
    story.bind()
    story.unbind()
    story.attached(pid: Story.helper, by: .deviceHelper, device: 0xbad)
    story.driverAtEnd = nil
    #expect(story.judged(.helperPendingAtDetach).verdict == .missed)
  }

  @Test(
    "an attach by a helper whose scheduling was not recorded is late, but not proven to be async")
  func noScheduleRecord() {
    var story = Story()
    story.bind()
    story.unbind()
    story.helperRuns()
    #expect(story.judged(.helperPendingAtDetach).verdict == .lateAttach)
  }

  @Test("device_add by our own scan, begun before the detach, is late by another way")
  func deviceAdd() {
    var story = Story()
    story.verb(.scan, Time(nanoseconds: 1), 0)
    story.bind()
    story.unbind()
    story.attached(pid: Story.second, by: .deviceAdd)
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.findings.first?.attach?.function == "device_add")
  }

  @Test("a stack that names no known way is late without a function")
  func unknownWay() {
    var story = Story()
    story.bind()
    story.unbind()
    story.attached(pid: Story.worker, by: .unknownThread)
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.findings.first?.attach?.function == nil)
  }

  @Test("an attach without its stack could be anybody's: inconclusive, not a note")
  func noStack() {
    var story = Story.lateAttach
    for index in story.trace.indices where story.trace[index].pid == Story.helper {
      story.trace[index].stack = []
    }
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
  }

  @Test("our own bind after the unbind is a request, however late the helper")
  func requestedSince() {
    var story = Story()
    story.scheduled()
    story.helperRuns()
    story.unbind()
    story.bind()
    #expect(story.judged(.unboundAndBound).verdict == .clean)
  }

  @Test("somebody else's bind is a note with who it was, and never a hit")
  func foreignBind() throws {
    var story = Story()
    story.unbind()
    story.bind(pid: 99, command: "evil sh")
    story.bind(error: 16)
    let judgement = story.judged(.unboundAndBound)
    #expect(judgement.verdict == .foreignAttach)
    #expect(!judgement.isHit)
    let attach = try #require(judgement.findings.first?.attach)
    #expect(attach.command == "evil sh")
    #expect(attach.pid == 99)
  }

  @Test("a helper that somebody else's scan scheduled after the detach is his")
  func foreignScan() throws {
    var story = Story()
    story.bind()
    story.unbind()
    story.scheduled(pid: 99, command: "rescan-scsi")
    story.helperRuns()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .foreignAttach)
    #expect(judgement.findings.first?.attach?.pid == 99)
    #expect(judgement.findings.first?.attach?.command == "rescan-scsi")
  }

  @Test("somebody else's unbind between leaves nothing to be said")
  func foreignDetach() {
    var story = Story()
    story.unbind()
    story.bind()
    story.unbind(pid: 99, command: "sh")
    #expect(story.judged(.unboundAndBound).verdict == .inconclusive)
  }

  @Test("somebody else's unbind makes a cycle no hit, also where something was found")
  func foreignDetachAfterFinding() {
    var story = Story.lateAttach
    #expect(story.judged(.helperPendingAtDetach).isHit)
    story.unbind(pid: 99, command: "sh")
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.verdict == .lateAsyncAttach)
    #expect(!judgement.isHit)
  }

  @Test("a write of ours that succeeded has a record of its thread and its device")
  func unrecorded() {
    func reason(_ tell: (inout Story) -> Void) -> String {
      var story = Story()
      story.unbind()
      story.bind()
      tell(&story)
      return story.judged(.unboundAndBound).reason
    }
    let none = "The trace has no record of our bind of "
    #expect(reason { $0.verb(.bind, Time(nanoseconds: 1), 16) } == clean)
    #expect(
      reason { $0.verb(.bind, Time(nanoseconds: 1), 0, pid: Story.third) }
        == none + "0:0:0:0: it was not recording.")
    #expect(
      reason { $0.verb(.bind, Time(nanoseconds: 1), 0, object: "0:0:0:1") }
        == none + "0:0:0:1: it was not recording.")
  }

  private let clean = "The device is as the last word left it."

  @Test("what is under way for another device or driver at the end is no doubt")
  func othersUnderWay() {
    for value in ["sd", "other"] {
      var story = Story()
      story.unbind()
      story.bind()
      story.begins(.load, pid: Story.child, value: value)
      let judgement = story.judged(.unboundAndBound)
      #expect(judgement.verdict == (value == "sd" ? .inconclusive : .clean))
    }
    for device in [Story.device, Story.other] {
      var story = Story()
      story.unbind()
      story.bind()
      story.begins(.bind, pid: Story.second, device: device)
      let judgement = story.judged(.unboundAndBound)
      #expect(judgement.verdict == (device == Story.device ? .inconclusive : .clean))
    }
  }

  @Test("an attach after somebody else's unbind is no finding against the kernel")
  func lateAfterForeignDetach() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind(pid: 99, command: "sh")
    story.helperRuns()
    #expect(story.judged(.helperPendingAtDetach).verdict == .inconclusive)
  }

  @Test("ENODEV while a probe was pending, which then attached: by design, a note")
  func attachAfterRefusal() {
    var story = Story()
    story.scheduled()
    story.unbind(error: 19)
    story.helperRuns()
    let judgement = story.judged(.helperPendingAtRefusal)
    #expect(judgement.verdict == .attachAfterRefusal)
    #expect(judgement.isHit)
  }

  @Test("ENODEV before the probe was even scheduled: the order was not reached")
  func refusedTooEarly() {
    var story = Story()
    story.unbind(error: 19)
    story.scheduled()
    story.helperRuns()
    #expect(story.judged(.helperPendingAtRefusal).verdict == .missed)
  }

  @Test("a probe that fails cleans up as well, and that is no detach")
  func failedProbe() {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperStarts()
    story.add(
      .reallyProbe, pid: 20, command: "kworker/u8:1", device: Story.device, name: "0:0:0:0",
      driver: "sd")
    story.add(.cleanup, pid: 20, command: "kworker/u8:1", device: Story.device, name: "0:0:0:0")
    story.helperEnds()
    #expect(story.judged(.helperPendingAtDetach).verdict == .clean)
  }

  @Test("a link that disagrees with the trace at the end: inconclusive")
  func linkDisagrees() {
    var story = Story()
    story.unbind()
    story.bind()
    story.driverAtEnd = nil
    #expect(story.judged(.unboundAndBound).verdict == .inconclusive)
  }

  @Test("a verb without an end, or one over its deadline, hangs; a module's load may take longer")
  func hang() {
    var story = Story()
    story.unbind()
    story.verb(.bind, Time(nanoseconds: 1), nil)
    #expect(story.judged(.unboundAndBound).verdict == .hang)
    #expect(
      story.judged(.unboundAndBound).findings.first?.text.hasSuffix(
        " does not return: the kernel ended who wrote it.") == true)
    let sleep = KernelSleep(command: "bindrace-race", function: "msleep", stack: ["msleep"])
    story.verbs[1].sleep = sleep
    let finding = story.judged(.unboundAndBound).findings.first
    #expect(finding?.writer == Finding.Writer(pid: story.verbs[1].pid, sleep: sleep))
    #expect(
      finding?.text.hasSuffix(" did not return within 30000 ms; it sleeps in msleep.") == true)

    story = Story()
    story.unbind()
    story.bind()
    story.verbs[1].end = Time(nanoseconds: story.verbs[1].start.nanoseconds + 30_000_000_001)
    #expect(story.judged(.unboundAndBound).verdict == .hang)

    story.verbs[1].verb = .load
    #expect(story.judged(.unboundAndBound).verdict == .clean)
  }
}
