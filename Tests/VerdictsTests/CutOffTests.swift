import Evidence
import Testing

@testable import Verdicts

/// Whatever is missing at the end of a trace: a cycle in which something went wrong never passes.
@Suite struct CutOffTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let order: WantedOrder
    let verdict: Verdict
    let tell: @Sendable (inout Story) -> Void

    var testDescription: String { "\(order)" }
  }

  static let cases: [Case] = [
    Case(order: .helperPendingAtDetach, verdict: .lateAsyncAttach) { $0 = .lateAttach },
    Case(order: .retryingAtDetach, verdict: .lateDeferredAttach) {
      $0.driversProbeDefers()
      $0.begins(.bind)
      $0.probeBegins(pid: Story.racer)
      $0.bind(pid: Story.third, device: Story.other)
      $0.workerBegins()
      $0.probeSucceeds(pid: Story.racer, by: .bind)
      $0.returns(.bind)
      $0.unbind(pid: Story.second)
      $0.workerAttaches()
      $0.workerEnds()
    },
    Case(order: .registeringAtDetach, verdict: .lateAttach) {
      $0.bind()
      $0.begins(.load, pid: Story.child)
      $0.unbind()
      $0.attached(pid: Story.child, by: .registration)
      $0.returns(.load, pid: Story.child)
    },
    Case(order: .addingAtDetach, verdict: .lateAttach) {
      $0.begins(.scan, pid: Story.second)
      $0.bind()
      $0.unbind()
      $0.attached(pid: Story.second, by: .deviceAdd)
      $0.returns(.scan, pid: Story.second)
    },
    Case(order: .probeFailedUnderUnbind, verdict: .falseSuccess) {
      $0.begins(.driversProbe)
      $0.probeBegins(pid: Story.racer)
      $0.begins(.unbind, pid: Story.second)
      $0.releaseBegins(pid: Story.second)
      $0.probeFails(pid: Story.racer, by: .driversProbe)
      $0.returns(.unbind, pid: Story.second)
      $0.returns(.driversProbe, error: 22)
      $0.bind(device: Story.other)
      $0.workerRuns()
    },
    Case(order: .rivalBoundUnderUnbind, verdict: .wrongDetach) {
      $0.driverAtStart = "sd"
      $0.begins(.unbind)
      $0.begins(.unbind, pid: Story.third)
      $0.detached(pid: Story.racer)
      $0.returns(.unbind)
      $0.bind(pid: Story.second, driver: "rival")
      $0.detached(pid: Story.third)
      $0.returns(.unbind, pid: Story.third)
    },
    Case(order: .helperPendingAtOverride, verdict: .overrideBypassed) {
      $0.begins(.load, pid: Story.child)
      $0.scheduledByLoad()
      $0.writes(.driverOverride, value: "none")
      $0.returns(.load, pid: Story.child)
      $0.driverHelperRuns()
    },
    Case(order: .helperPendingAtAutoprobe, verdict: .autoprobeBypassed) {
      $0.scheduled(pid: Story.second)
      $0.writes(.driversAutoprobe, value: "0")
      $0.helperRuns()
    },
    Case(order: .helperPendingAtRemoval, verdict: .attachAfterRemove) {
      $0.scheduled(pid: Story.second)
      $0.begins(.remove)
      $0.returns(.remove)
      $0.helperRuns()
    },
    Case(order: .deferredAtRefusal, verdict: .attachAfterRefusal) {
      $0.driversProbeDefers()
      $0.unbind(error: 19)
      $0.bind(device: Story.other)
      $0.workerRuns()
    },
  ]

  @Test("never clean, cut off anywhere, and found when whole", arguments: cases)
  func cutOff(example: Case) {
    var story = Story()
    example.tell(&story)
    let whole = story.judged(example.order)
    #expect(whole.verdict == example.verdict)
    #expect(whole.isHit)
    for length in story.trace.indices {
      var cut = story
      cut.trace = Array(story.trace[..<length])
      #expect(cut.judged(example.order).verdict != .clean)
    }
  }

  @Test("a record out of its place makes no verdict crash", arguments: cases)
  func shuffled(example: Case) {
    var story = Story()
    example.tell(&story)
    for first in story.trace.indices {
      for second in story.trace.indices.dropFirst(first + 1) {
        var shuffled = story
        shuffled.trace.swapAt(first, second)
        _ = shuffled.judged(example.order)
      }
    }
  }
}
