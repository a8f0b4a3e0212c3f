import Evidence
import Testing

@testable import Verdicts

/// Races for the device's lock (catalog X1, C4, T1, A7): who waited for it acts on what another left.
@Suite struct LockVerdictTests {
  // MARK: X1 wrong-detach

  /// Two unbinds of sd; the rival is bound between the first's detach and the second's lock.
  private func rivalBetween(driver: String = "rival") -> Story {
    var story = Story()
    story.rival = "rival"
    story.driverAtStart = "sd"
    story.begins(.unbind)
    story.releaseBegins(pid: Story.racer)
    story.begins(.bind, pid: Story.second, value: driver)
    story.begins(.unbind, pid: Story.third)
    story.releaseBegins(pid: Story.third)
    story.cleansUp(pid: Story.racer)
    story.returns(.unbind)
    story.attached(pid: Story.second, by: .bind, driver: driver)
    story.returns(.bind, pid: Story.second)
    story.cleansUp(pid: Story.third)
    story.returns(.unbind, pid: Story.third)
    return story
  }

  @Test("an unbind of sd detaches the rival that was bound meanwhile")
  func wrongDetach() throws {
    let judgement = rivalBetween().judged(.rivalBoundUnderUnbind)
    #expect(judgement.verdict == .wrongDetach)
    #expect(judgement.isHit)
    // A bind that waited while the first unbind detached is a request all the same.
    #expect(judgement.findings.count == 1)
    let finding = try #require(judgement.findings.first)
    #expect(finding.unbind?.pid == Story.third)
    #expect(finding.attach?.pid == Story.second)
    #expect(finding.driver == "rival")
    #expect(finding.text.contains("from sd by bindrace-race (pid 12) detached rival"))
  }

  @Test("of the same driver it is what was asked for")
  func sameDriver() {
    let judgement = rivalBetween(driver: "sd").judged(.rivalBoundUnderUnbind)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test("the driver at the start counts where nothing was attached since; unknown, nothing is said")
  func driverAtStart() {
    var story = Story()
    story.driverAtStart = "rival"
    story.unbind()
    let judgement = story.judged(.rivalBoundUnderUnbind)
    #expect(judgement.verdict == .wrongDetach)
    #expect(!judgement.isHit)

    story.driverAtStart = nil
    #expect(story.judged(.rivalBoundUnderUnbind).verdict == .missed)
  }

  @Test("a rival bound before the unbind began was not bound under it")
  func rivalBefore() {
    var story = Story()
    story.bind(driver: "rival")
    story.begins(.unbind, value: "rival")
    story.detached(pid: Story.racer)
    story.returns(.unbind)
    let judgement = story.judged(.rivalBoundUnderUnbind)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)

    story = Story()
    story.bind(driver: "rival")
    story.unbind()
    #expect(!story.judged(.rivalBoundUnderUnbind).isHit)
  }

  // MARK: C4 unbind-during-probe

  private func unbindDuringProbe(waits: Bool) -> Story {
    var story = Story()
    story.begins(.bind)
    story.probeBegins(pid: Story.racer)
    if waits {
      story.begins(.unbind, pid: Story.second)
      story.releaseBegins(pid: Story.second)
    }
    story.probeSucceeds(pid: Story.racer, by: .bind)
    story.returns(.bind)
    if !waits {
      story.begins(.unbind, pid: Story.second)
      story.releaseBegins(pid: Story.second)
    }
    story.cleansUp(pid: Story.second)
    story.returns(.unbind, pid: Story.second)
    return story
  }

  @Test("an unbind that waits for a probe detaches what that attached: clean")
  func waitsForProbe() {
    let judgement = unbindDuringProbe(waits: true).judged(.unbindDuringProbe)
    #expect(judgement.verdict == .clean)
    #expect(judgement.isHit)
  }

  @Test("one that need not wait is no hit")
  func needNotWait() {
    #expect(unbindDuringProbe(waits: false).judged(.unbindDuringProbe).verdict == .missed)
  }

  // MARK: T1 register-third

  /// A bind holds the device, an unbind waits; the registration of a rival begins then, or not.
  private func registration(isThird: Bool) -> Story {
    var story = Story()
    story.rival = "rival"
    story.begins(.bind)
    story.probeBegins(pid: Story.racer)
    story.begins(.unbind, pid: Story.second)
    story.releaseBegins(pid: Story.second)
    if isThird { story.begins(.load, pid: Story.child, value: "rival") }
    story.probeSucceeds(pid: Story.racer, by: .bind)
    story.returns(.bind)
    story.cleansUp(pid: Story.second)
    story.returns(.unbind, pid: Story.second)
    if !isThird { story.begins(.load, pid: Story.child, value: "rival") }
    return story
  }

  @Test("a registration that had begun before the detach attaches: late")
  func registeredThird() throws {
    var story = registration(isThird: true)
    story.attached(pid: Story.child, by: .registration, driver: "rival")
    story.returns(.load, pid: Story.child)
    let judgement = story.judged(.registeringAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.isHit)
    let finding = try #require(judgement.findings.first)
    #expect(finding.driver == "rival")
    #expect(finding.attach?.function == "__driver_attach")
    #expect(finding.text.hasPrefix("rival was attached to scsi/0:0:0:0"))
    #expect(finding.text.contains("in a registration that had begun before the detach"))
  }

  @Test("one that found nothing to attach leaves the last word standing; one not ended is a doubt")
  func registeredWithoutAttach() {
    var story = registration(isThird: true)
    let unfinished = story.judged(.registeringAtDetach)
    #expect(unfinished.verdict == .inconclusive)
    #expect(unfinished.reason.contains("bus_add_driver by modprobe (pid 13) was still under way"))
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.registeringAtDetach).verdict == .clean)
  }

  @Test("one that began after the detach is a request, even where only its record tells")
  func registeredAfter() {
    var story = registration(isThird: false)
    story.attached(pid: Story.child, by: .registration, driver: "rival")
    story.returns(.load, pid: Story.child)
    for verbs in [story.verbs, story.verbs.filter { $0.verb != .load }] {
      story.verbs = verbs
      let judgement = story.judged(.registeringAtDetach)
      #expect(judgement.verdict == .missed)
      #expect(judgement.findings.isEmpty)
    }
  }

  @Test("a stranger's load is his, whenever it began")
  func foreignLoad() {
    var story = Story()
    story.bind()
    story.begins(.load, pid: Story.stranger, value: "rival")
    story.unbind()
    story.attached(pid: Story.stranger, by: .registration, driver: "rival")
    story.returns(.load, pid: Story.stranger)
    #expect(story.judged(.registeringAtDetach).verdict == .foreignAttach)
  }

  @Test("a registration by the kernel that began after the detach is somebody else's")
  func kernelRegistration() {
    var story = Story()
    story.bind()
    story.unbind()
    story.begins(.load, pid: Story.worker, value: "rival")
    story.attached(pid: Story.worker, by: .threadRegistration, driver: "rival")
    story.returns(.load, pid: Story.worker)
    #expect(story.judged(.registeringAtDetach).verdict == .foreignAttach)
  }

  // MARK: A7 hotplug-sync

  @Test("device_add() that had begun before the detach attaches: late")
  func addedLate() throws {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.bind()
    story.unbind()
    story.attached(pid: Story.second, by: .deviceAdd)
    story.returns(.scan, pid: Story.second)
    let judgement = story.judged(.addingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.isHit)
    #expect(judgement.findings.first?.attach?.function == "device_add")
  }

  @Test("what device_add() adds inside of itself does not end it")
  func addedNested() {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.begins(.scan, pid: Story.second, device: Story.other)
    story.returns(.scan, pid: Story.second, device: Story.other)
    story.bind()
    story.unbind()
    story.attached(pid: Story.second, by: .deviceAdd)
    story.returns(.scan, pid: Story.second)
    #expect(story.judged(.addingAtDetach).isHit)
  }

  @Test("device_add() that finds the device bound attaches nothing")
  func addedClean() {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.bind()
    story.unbind()
    story.returns(.scan, pid: Story.second)
    #expect(story.judged(.addingAtDetach).verdict == .clean)
  }

  @Test("device_add() that returned before the detach, or began after it, is no hit")
  func addedEarlyOrLate() {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.bind()
    story.returns(.scan, pid: Story.second)
    story.unbind()
    #expect(story.judged(.addingAtDetach).verdict == .missed)

    story = Story()
    story.bind()
    story.unbind()
    story.begins(.scan, pid: Story.second)
    story.attached(pid: Story.second, by: .deviceAdd)
    story.returns(.scan, pid: Story.second)
    story.verbs.removeLast()
    let judgement = story.judged(.addingAtDetach)
    #expect(judgement.verdict == .missed)
    #expect(judgement.findings.isEmpty)
  }

  @Test("an unbind refused while device_add() had not come to its attach: by design, a note")
  func refusedWhileAdding() {
    var story = Story()
    story.begins(.scan, pid: Story.second)
    story.unbind(error: 19)
    story.attached(pid: Story.second, by: .deviceAdd)
    story.returns(.scan, pid: Story.second)
    #expect(story.judged(.doneInTurn).verdict == .attachAfterRefusal)
  }
}
