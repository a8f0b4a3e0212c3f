import Evidence
import Testing

@testable import Verdicts

/// Attaches against driver_override (catalog A5, B4) and drivers_autoprobe (A6).
@Suite struct SettingVerdictTests {
  // MARK: A5 override-bypass

  private func loadPending() -> Story {
    var story = Story()
    story.begins(.load, pid: Story.child)
    story.scheduledByLoad()
    return story
  }

  @Test("an entry of a load attaches against an override that was written while it was pending")
  func overrideBypassed() throws {
    var story = loadPending()
    story.writes(.driverOverride, value: "none")
    story.driverHelperRuns()
    story.returns(.load, pid: Story.child)
    let judgement = story.judged(.helperPendingAtOverride)
    #expect(judgement.verdict == .overrideBypassed)
    #expect(judgement.isHit)
    let finding = try #require(judgement.findings.first)
    #expect(finding.attach?.function == "__driver_attach_async_helper")
    #expect(finding.text.contains("after driver_override named none"))
  }

  @Test(
    "an override of that driver, a cleared one, a refused one, one not to be read: no constraint",
    arguments: [("sd", 0), ("", 0), ("none", 22)] as [(String, Int32)])
  func unconstrained(value: String, error: Int32) {
    var story = loadPending()
    story.writes(.driverOverride, value: value, error: error)
    story.driverHelperRuns()
    story.returns(.load, pid: Story.child)
    let judgement = story.judged(.helperPendingAtOverride)
    #expect(judgement.findings.isEmpty)
    // A write that was refused is none.
    #expect(judgement.isHit == (error == 0))
  }

  @Test("an override that could not be read constrains nothing")
  func unreadable() throws {
    var story = loadPending()
    story.writes(.driverOverride, value: "none")
    let index = try #require(story.trace.firstIndex { $0.point == .overrideSet })
    story.trace[index].driver = nil
    story.driverHelperRuns()
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.helperPendingAtOverride).findings.isEmpty)
  }

  @Test("cleared again before the entry ran, or while it did: no constraint")
  func clearedAgain() {
    var story = loadPending()
    story.writes(.driverOverride, value: "none")
    story.writes(.driverOverride, value: "")
    story.driverHelperRuns()
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.helperPendingAtOverride).findings.isEmpty)

    story = loadPending()
    story.writes(.driverOverride, value: "none")
    story.helperStarts(.driverHelper)
    story.writes(.driverOverride, value: "sd")
    story.attached(pid: Story.helper, by: .driverHelper)
    story.helperEnds(.driverHelperReturn)
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.helperPendingAtOverride).findings.isEmpty)
  }

  @Test("cleared when the probe had begun, or another device's, changes nothing")
  func clearedTooLate() {
    var story = loadPending()
    story.writes(.driverOverride, value: "none")
    story.helperStarts(.driverHelper)
    story.probeBegins(pid: Story.helper)
    story.writes(.driverOverride, value: "")
    story.probeSucceeds(pid: Story.helper, by: .driverHelper)
    story.helperEnds(.driverHelperReturn)
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.helperPendingAtOverride).verdict == .overrideBypassed)

    story = loadPending()
    story.begins(.driverOverride, value: "none", device: Story.other)
    story.returns(.driverOverride, device: Story.other)
    story.driverHelperRuns()
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.helperPendingAtOverride).verdict == .missed)
  }

  @Test("the value before a later one is not in force any more")
  func superseded() {
    var story = loadPending()
    story.writes(.driverOverride, value: "sd")
    story.writes(.driverOverride, value: "none")
    story.driverHelperRuns()
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.helperPendingAtOverride).verdict == .overrideBypassed)
  }

  @Test("a write that had not returned when the entry ran contradicts nothing, and is no hit")
  func writtenTooLate() {
    var story = loadPending()
    story.begins(.driverOverride, value: "none")
    story.helperStarts(.driverHelper)
    story.returns(.driverOverride)
    story.attached(pid: Story.helper, by: .driverHelper)
    story.helperEnds(.driverHelperReturn)
    story.returns(.load, pid: Story.child)
    let judgement = story.judged(.helperPendingAtOverride)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test(
    "an override that was written when the verb had begun constrains nothing",
    arguments: [(Verb.bind, Way.bind), (.driversProbe, .driversProbe)])
  func writtenMeanwhile(verb: Verb, way: Way) {
    var story = Story()
    story.begins(verb)
    story.writes(.driverOverride, pid: Story.second, value: "none")
    story.attached(pid: Story.racer, by: way)
    story.returns(verb)
    #expect(story.judged(.doneInTurn).findings.isEmpty)
    // Before that it does.
    story = Story()
    story.writes(.driverOverride, pid: Story.second, value: "none")
    story.begins(verb)
    story.attached(pid: Story.racer, by: way)
    story.returns(verb)
    #expect(story.judged(.doneInTurn).verdict == .overrideBypassed)
  }

  @Test("an entry that honours the override is clean")
  func honoured() {
    var story = loadPending()
    story.writes(.driverOverride, value: "none")
    story.helperStarts(.driverHelper)
    story.helperEnds(.driverHelperReturn)
    story.returns(.load, pid: Story.child)
    let judgement = story.judged(.helperPendingAtOverride)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  // MARK: B4 override-swap

  private func swap(_ first: String, _ second: String, attaches: String) -> Judgement {
    var story = Story()
    story.rival = "rival"
    story.writes(.driverOverride, value: first)
    story.writes(.driverOverride, pid: Story.second, value: second)
    story.begins(.driversProbe)
    story.attached(pid: Story.racer, by: .driversProbe, driver: attaches)
    story.returns(.driversProbe)
    story.begins(.driversProbe, pid: Story.second)
    story.returns(.driversProbe, pid: Story.second)
    return story.judged(.overridesContended)
  }

  @Test("the last override's driver attaches: clean; another: against it")
  func overridesContended() {
    let clean = swap("sd", "rival", attaches: "rival")
    #expect(clean.verdict == .clean)
    #expect(clean.isHit)
    let bypassed = swap("sd", "rival", attaches: "sd")
    #expect(bypassed.verdict == .overrideBypassed)
    #expect(bypassed.isHit)
  }

  @Test("writes that overlapped are both in force, and so is one during the probe")
  func overlapping() {
    var story = Story()
    story.rival = "rival"
    story.begins(.driverOverride, value: "sd")
    story.begins(.driverOverride, pid: Story.second, value: "rival")
    story.returns(.driverOverride)
    story.returns(.driverOverride, pid: Story.second)
    story.begins(.driversProbe)
    story.attached(pid: Story.racer, by: .driversProbe)
    story.returns(.driversProbe)
    #expect(story.judged(.overridesContended).verdict == .clean)

    story = Story()
    story.rival = "rival"
    story.writes(.driverOverride, value: "rival")
    story.begins(.driversProbe)
    story.writes(.driverOverride, pid: Story.second, value: "sd")
    story.attached(pid: Story.racer, by: .driversProbe)
    story.returns(.driversProbe)
    #expect(story.judged(.overridesContended).verdict == .clean)
  }

  @Test("one thread's writes do not contend, nor does an attach by another way")
  func notContended() {
    var story = Story()
    story.writes(.driverOverride, value: "rival")
    story.writes(.driverOverride, value: "sd")
    story.begins(.driversProbe)
    story.attached(pid: Story.racer, by: .driversProbe)
    story.returns(.driversProbe)
    #expect(story.judged(.overridesContended).verdict == .missed)

    story = Story()
    story.writes(.driverOverride, value: "sd")
    story.writes(.driverOverride, pid: Story.second, value: "sd")
    story.bind()
    #expect(story.judged(.overridesContended).verdict == .missed)
  }

  // MARK: A6 autoprobe-off

  @Test("a helper attaches after drivers_autoprobe was turned off")
  func autoprobeBypassed() throws {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.writes(.driversAutoprobe, value: "0")
    story.helperRuns()
    let judgement = story.judged(.helperPendingAtAutoprobe)
    #expect(judgement.verdict == .autoprobeBypassed)
    #expect(judgement.isHit)
    #expect(judgement.findings.first?.attach?.function == "__device_attach_async_helper")
  }

  @Test("turned on again meanwhile, or another bus's, or not turned off: nothing is bypassed")
  func autoprobeOn() throws {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.writes(.driversAutoprobe, value: "0")
    story.writes(.driversAutoprobe, value: "1")
    story.helperRuns()
    #expect(story.judged(.helperPendingAtAutoprobe).findings.isEmpty)

    story = Story()
    story.scheduled(pid: Story.second)
    story.writes(.driversAutoprobe, value: "0")
    story.trace[1].name = "platform"
    story.helperRuns()
    #expect(story.judged(.helperPendingAtAutoprobe).verdict == .missed)
  }

  @Test("a helper that had begun before the write returned is no hit, and bypasses nothing")
  func autoprobeTooLate() {
    var story = Story()
    story.scheduled(pid: Story.second)
    story.helperStarts()
    story.writes(.driversAutoprobe, value: "0")
    story.helperAttaches()
    story.helperEnds()
    let judgement = story.judged(.helperPendingAtAutoprobe)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test(
    "what is asked for is no automatic probe: bind, and a helper that new_id can have scheduled")
  func requestedInSpite() {
    var story = Story()
    story.writes(.driversAutoprobe, value: "0")
    story.bind()
    story.scheduledByLoad(pid: Story.racer)
    story.unbind()
    story.driverHelperRuns()
    let judgement = story.judged(.helperPendingAtDetach)
    #expect(judgement.findings.map(\.verdict) == [.lateAsyncAttach])
  }

  @Test(
    "work of the kernel's own that began after the write should have read it",
    arguments: [Verb.load, .scan])
  func automaticWork(verb: Verb) {
    var story = Story()
    story.writes(.driversAutoprobe, value: "0")
    story.begins(verb, pid: Story.child)
    story.attached(pid: Story.child, by: verb == .load ? .registration : .deviceAdd)
    story.returns(verb, pid: Story.child)
    #expect(story.judged(.helperPendingAtAutoprobe).verdict == .autoprobeBypassed)

    // Begun before it, it may have read it before.
    story = Story()
    story.begins(verb, pid: Story.child)
    story.writes(.driversAutoprobe, value: "0")
    story.attached(pid: Story.child, by: verb == .load ? .registration : .deviceAdd)
    story.returns(verb, pid: Story.child)
    #expect(story.judged(.helperPendingAtAutoprobe).findings.isEmpty)
  }
}
