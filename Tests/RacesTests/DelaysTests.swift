import DriverModel
import Evidence
import Glibc
import Testing
import Verdicts

@testable import Races

/// From a pattern's searched steps to the delays of a cycle, and back from what came of it.
@Suite struct DelaysTests {
  private static let pattern = Pattern(
    id: "A0", name: "searched", kind: .race, spirit: "", raced: [], expected: "", finds: [],
    start: .absent,
    conditions: [],
    threads: [
      .stimulus(.add),
      .racing(.await(.added), .searched(0), .bindOnce(.raced, to: .raced)),
      .racing(.await(.probing), .searched(1), .unbind(.raced, from: .raced)),
    ],
    order: .helperPendingAtDetach, wideners: [.none])

  @Test("a pattern has as many delays as it numbers, most have none")
  func dimensions() {
    #expect(Self.pattern.searchedDelays == 2)
    #expect(Pattern.unbindRebind.searchedDelays == 0)
    #expect(Delays(.unbindRebind, seed: 1, replay: nil) == nil)
    #expect(Schedule.opening(.unbindRebind, seed: 1).delays.isEmpty)
  }

  @Test("what a seed begins with is known beforehand, and what was used is kept")
  func opening() throws {
    let opening = Schedule.opening(Self.pattern, seed: 42)
    var delays = try #require(Delays(Self.pattern, seed: 42, replay: nil))
    for expected in opening.delays { #expect(delays.next() == expected) }
    #expect(delays.schedule == opening)
    #expect(opening.delays.allSatisfy { $0.count == 2 })
    #expect(opening != Schedule.opening(Self.pattern, seed: 43))
  }

  @Test("a replay repeats a schedule, again from its begin, and learns nothing")
  func replay() throws {
    let recorded: [[Int64]] = [[1000, 2000], [3000], [-5, 6, 7]]
    var delays = try #require(Delays(Self.pattern, seed: 42, replay: recorded))
    let used = (0..<4).map { _ in
      let next = delays.next()
      delays.learn(RacerResults(), Self.evidence(bind: 0), isHit: true)
      return next
    }
    #expect(used == [[1000, 2000], [3000, 0], [0, 6], [1000, 2000]])
    #expect(delays.schedule == Schedule(seed: 42, delays: used))
  }

  @Test("a race that lacked its last verb alone was near; a bind says on which side it was")
  func outcome() {
    func outcome(bind: Int32, isHit: Bool = false) -> DelaySearch.Outcome {
      DelaySearch.Outcome(Self.evidence(bind: bind).verbs, isHit: isHit)
    }
    #expect(outcome(bind: 0) == .near)
    #expect(outcome(bind: EAGAIN) == .early)
    #expect(outcome(bind: ENODEV) == .early)
    #expect(outcome(bind: EBUSY) == .late)
    #expect(outcome(bind: EIO) == .missed)
    #expect(outcome(bind: 0, isHit: true) == .hit)
    #expect(DelaySearch.Outcome([], isHit: false) == .missed)
  }

  @Test(
    "both sides are measured: from the event to the helper's end, from the first verb to the last")
  func sections() {
    let event = Time(nanoseconds: 1000)
    var evidence = Self.evidence(bind: 0)
    #expect(Sections(since: event, evidence) == Sections(stimulus: 0, racing: 500))
    evidence.trace = [
      TraceRecord(
        time: Time(nanoseconds: 9000), pid: 3, command: "kworker", point: .deviceHelperReturn)
    ]
    #expect(Sections(since: event, evidence) == Sections(stimulus: 8000, racing: 500))
    evidence.verbs = []
    #expect(Sections(since: event, evidence) == nil)
  }

  /// A bind that ended so, then an unbind that was refused.
  private static func evidence(bind: Int32) -> CycleEvidence {
    func verb(_ verb: Verb, _ start: Int64, _ errno: Int32) -> VerbRecord {
      VerbRecord(
        verb: verb, object: "0:0:0:0", pid: 1, start: Time(nanoseconds: start),
        end: Time(nanoseconds: start + 200), errno: errno)
    }
    return CycleEvidence(
      level: .trace, bus: "scsi", name: "0:0:0:0", driver: "sd", devpath: "", ownProcesses: [],
      verbs: [verb(.bind, 2000, bind), verb(.unbind, 2300, ENODEV)], deadline: 0, trace: [],
      uevents: [], loss: EvidenceLoss(), isDrained: true, driverAtEnd: nil)
  }
}
