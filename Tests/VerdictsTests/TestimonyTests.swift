import Evidence
import Testing

@testable import Verdicts

/// A place counts only after it told something as it should: what an unbind and a bind of the target tell, and
/// what is missing where a compiler moved something.
@Suite struct TestimonyTests {
  /// An unbind and a bind without a race, as rehearsed before a row.
  private var rehearsal: Story {
    var story = Story()
    story.unbind()
    story.begins(.bind)
    story.probeBegins(pid: Story.racer)
    story.add(
      .bound, pid: Story.racer, device: Story.device, name: "0:0:0:0",
      stack: ["driver_bound", "really_probe", "bind_store"])
    story.add(.deferredDelete, pid: Story.racer, device: Story.device, name: "0:0:0:0")
    story.add(.deferredTrigger, pid: Story.racer)
    story.add(.reallyProbeReturn, pid: Story.racer, result: 0)
    story.returns(.bind)
    story.workerBegins()
    story.workerEnds()
    return story
  }

  private func heard(_ story: Story, isQuiet: Bool = true) -> Testimony {
    Testimony(trace: story.trace, verbs: story.verbs, isQuiet: isQuiet)
  }

  @Test("a rehearsal tells all that every attach is judged by, and what it triggers")
  func whole() {
    let testimony = heard(rehearsal)
    #expect(testimony.silent.isEmpty)
    #expect(
      testimony.told == [
        .unbind, .release, .hold, .detach, .bind, .probe, .attach, .undeferral, .retry, .worker,
      ])
  }

  /// The same where another process binds the device before we do: ours is refused with EBUSY.
  private var beaten: Story {
    var story = Story()
    story.unbind()
    story.bind(pid: Story.stranger)
    story.bind(error: 16)
    return story
  }

  @Test("the bind of somebody who was faster tells what ours would have told")
  func faster() {
    #expect(heard(beaten).silent.isEmpty)
    #expect(
      heard(beaten).told == [
        .unbind, .release, .hold, .detach, .bind, .probe, .attach, .undeferral, .retry,
      ])
    for point in [TracePoint.reallyProbe, .bound] {
      var story = beaten
      story.trace.removeAll { $0.point == point }
      #expect(heard(story).silent == [point == .bound ? .attach : .probe])
    }
  }

  @Test("of an attach by other means than bind nothing is told, and nothing is silent")
  func fasterOtherwise() {
    var story = Story()
    story.unbind()
    story.attached(pid: Story.stranger, by: .driversProbe)
    story.bind(error: 16)
    #expect(heard(story).silent.isEmpty)
    #expect(heard(story).told == [.unbind, .release, .hold, .detach, .bind])
  }

  @Test(
    "what has no record where there should be one is silent",
    arguments: [
      (Fact.unbind, TracePoint.unbindStore), (.unbind, .unbindStoreReturn), (.release, .release),
      (.hold, .hold), (.detach, .cleanup), (.bind, .bindStore), (.bind, .bindStoreReturn),
      (.probe, .reallyProbe),
      (.attach, .bound), (.undeferral, .deferredDelete), (.retry, .deferredTrigger),
    ])
  func silent(fact: Fact, point: TracePoint) {
    var story = rehearsal
    story.trace.removeAll { $0.point == point }
    let testimony = heard(story)
    // It alone: whose call is not seen, nothing in it is.
    #expect(testimony.silent == [fact])
    #expect(!testimony.told.contains(fact))
  }

  @Test(
    "and so is what tells of something else: arguments that were moved, a stack that ends early")
  func moved() {
    for point in [TracePoint.release, .hold, .cleanup, .reallyProbe, .bound] {
      var story = rehearsal
      for index in story.trace.indices where story.trace[index].point == point {
        story.trace[index].device = 0x7
        story.trace[index].name = nil
      }
      let fact = Fact.allCases.first { $0.points.contains(point) }
      #expect(heard(story).silent.contains(fact!), "\(point)")
    }
    var story = rehearsal
    let bound = story.trace.firstIndex { $0.point == .bound }!
    story.trace[bound].stack = ["driver_bound", "really_probe"]
    #expect(heard(story).silent == [.attach])
  }

  @Test("in a race a verb can succeed and do nothing: that is no silence")
  func raced() {
    var story = rehearsal
    story.trace.removeAll { [.release, .hold, .cleanup, .bound].contains($0.point) }
    #expect(heard(story, isQuiet: false).silent.isEmpty)
  }

  @Test("a helper of a device that was added meanwhile was scheduled, or nothing tells of that")
  func schedule() {
    var story = Story()
    story.begins(.scan)
    story.scheduled()
    story.returns(.scan)
    story.helperRuns()
    #expect(heard(story).told.isSuperset(of: [.schedule, .deviceHelper, .addition]))
    story.trace.removeAll { $0.point == .schedule }
    #expect(heard(story).silent == [.schedule])
    // It may have been scheduled before.
    story.trace.removeAll { $0.point == .deviceAdd }
    #expect(heard(story).silent.isEmpty)
  }

  @Test("what was told once is not silent, whatever came later")
  func toldOnce() {
    var story = rehearsal
    story.verb(.unbind, story.tick(), 0, pid: Story.third)
    #expect(heard(story).silent.isEmpty)
    #expect(heard(story).told.contains(.unbind))
  }

  @Test("the same of the helper of a driver")
  func driverSide() {
    var story = Story()
    story.begins(.scan)
    story.scheduledByLoad()
    story.returns(.scan)
    story.driverHelperRuns()
    #expect(heard(story).told.isSuperset(of: [.schedule, .driverHelper]))
    #expect(heard(story).silent.isEmpty)
    story.trace.removeAll { $0.point == .schedule }
    #expect(heard(story).silent == [.schedule])
  }

  @Test(
    "a call that is seen whole tells of its kind",
    arguments: [
      (Verb.scan, Fact.addition), (.remove, .removal), (.load, .registration),
      (.unload, .unregistration),
    ])
  func whole(verb: Verb, fact: Fact) {
    var story = Story()
    story.writes(verb, pid: Story.child)
    #expect(heard(story).told == [fact])
    story.trace.removeLast()
    #expect(heard(story).told.isEmpty)
    #expect(heard(story).silent.isEmpty)
  }

  @Test("an override of the device tells; one of which nothing is known is no silence")
  func override() {
    var story = Story()
    story.writes(.driverOverride, value: "none")
    #expect(heard(story).told == [.override])
    story.trace[0].device = nil
    #expect(heard(story).told.isEmpty)
    #expect(heard(story).silent.isEmpty)
  }

  @Test("drivers_autoprobe tells, or is silent")
  func autoprobe() {
    var story = Story()
    story.begins(.driversAutoprobe, value: "0")
    story.add(.autoprobeStoreReturn, pid: Story.racer, result: 1)
    story.verb(.driversAutoprobe, story.tick(), 0, object: "scsi")
    #expect(heard(story).told == [.autoprobe])
    story.trace = []
    #expect(heard(story).silent == [.autoprobe])
  }

  @Test("who has the lock of a device in a race tells that as well")
  func heldInARace() {
    var story = Story()
    story.unbind(pid: Story.stranger)
    #expect(heard(story, isQuiet: false).told == [.hold])
    story.trace.removeAll { $0.point == .release }
    #expect(heard(story, isQuiet: false).told.isEmpty)
  }

  @Test("a probe that is deferred tells of that; a link that asks for it does not")
  func deferral() {
    var story = Story()
    story.driversProbeDefers()
    #expect(heard(story).told.contains(.deferral))
    story = Story()
    story.deferred(pid: Story.racer, by: .link)
    #expect(heard(story).told.isEmpty)
  }

  @Test("who attached in a helper was in one")
  func helper() {
    var story = Story()
    story.scheduled()
    story.helperRuns()
    story.trace.removeAll { $0.point == .deviceHelper }
    #expect(heard(story).silent == [.deviceHelper])
  }
}
