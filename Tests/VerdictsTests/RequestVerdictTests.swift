import Evidence
import Testing

@testable import Verdicts

/// What we asked for after the detach explains an attach, whoever does it for us.
@Suite struct RequestVerdictTests {
  struct Request: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What comes between the detach and the attach.
    let ask: @Sendable (inout Story) -> Void
  }

  static let requests = [
    Request(testDescription: "a bind") { $0.bind(error: 11) },
    Request(testDescription: "drivers_probe") { $0.writes(.driversProbe) },
    Request(testDescription: "drivers_probe, of which the kernel does not tell") {
      $0.untold = [UntoldFact(.driversProbe, reason: "it is not there")]
      $0.verb(.driversProbe, $0.tick(), 0)
    },
    Request(testDescription: "a load") { $0.writes(.load, pid: Story.child) },
    Request(testDescription: "a scan that found the device") { $0.writes(.scan) },
    Request(testDescription: "a rescan that found the device") {
      $0.begins(.rescan)
      $0.begins(.scan, pid: Story.worker)
      $0.returns(.scan, pid: Story.worker)
      $0.returns(.rescan)
    },
    Request(testDescription: "a scan, where additions are not told") {
      $0.untold = [UntoldFact(.addition, reason: "it is not there")]
      $0.verb(.scan, $0.tick(), 0)
    },
  ]

  /// A device that we unbound and the kernel attaches by a way that nobody knows.
  private func judged(_ ask: (inout Story) -> Void) -> Judgement {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    ask(&story)
    story.attached(pid: Story.worker, by: .unknownThread)
    return story.judged(.unboundAndBound)
  }

  @Test("each request alone", arguments: requests)
  func request(_ request: Request) {
    let judgement = judged(request.ask)
    #expect(judgement.findings.allSatisfy { $0.verdict == .inconclusive })
    #expect(judged { _ in }.verdict == .lateAttach)
  }

  @Test("what asks for another device, or for nothing, is none")
  func noRequest() {
    let others: [@Sendable (inout Story) -> Void] = [
      { $0.bind(error: 11, device: Story.other) },
      { $0.bind(pid: Story.stranger, error: 11) },
      {
        $0.untold = [UntoldFact(.driversProbe, reason: "it is not there")]
        $0.verb(.driversProbe, $0.tick(), 0, object: "0:0:0:1")
      },
      { $0.writes(.scan, pid: Story.worker) },
      { $0.writes(.rescan) },
      { $0.writes(.driverOverride) },
    ]
    for other in others { #expect(judged(other).verdict == .lateAttach) }
  }

  @Test("a rescan asks for every device, and an unload in its own thread alone")
  func rescan() {
    func verdict(_ verb: Verb) -> Verdict {
      var story = Story()
      story.driverAtStart = "sd"
      story.unbind()
      story.begins(verb, pid: Story.child, value: "hid-x")
      story.attached(pid: Story.worker, by: .rescan)
      story.returns(verb, pid: Story.child)
      return story.judged(.unboundAndBound).verdict
    }
    #expect(verdict(.rescan) == .missed)
    #expect(verdict(.unload) == .lateAttach)
  }

  @Test("a request before the detach is none after it")
  func before() {
    var story = Story()
    story.driverAtStart = "sd"
    story.writes(.load, pid: Story.child)
    story.writes(.driversProbe)
    story.unbind()
    story.attached(pid: Story.worker, by: .unknownThread)
    #expect(story.judged(.unboundAndBound).verdict == .lateAttach)
  }

  @Test("an unbind that was refused while a driver was being registered: by design, a note")
  func refusedWhileRegistering() {
    var story = Story()
    story.begins(.load, pid: Story.child)
    story.unbind(error: 19)
    story.attached(pid: Story.child, by: .registration)
    story.returns(.load, pid: Story.child)
    #expect(story.judged(.doneInTurn).verdict == .attachAfterRefusal)
  }

  @Test("a device that our rescan deferred and the worker attached is as we asked")
  func deferredByRescan() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.begins(.rescan)
    story.probeBegins(pid: Story.racer)
    story.probeFails(pid: Story.racer, by: .rescan)
    story.returns(.rescan)
    story.workerRuns()
    #expect(story.judged(.searchedAfterDetach).verdict == .clean)
  }

  @Test("the last attach was asked for by a write, though the kernel did it by a way nobody knows")
  func askedAtTheEnd() {
    var story = Story()
    story.driverAtStart = "sd"
    story.unbind()
    story.writes(.rescan)
    story.writes(.driversProbe)
    story.attached(pid: Story.worker, by: .unknownThread)
    #expect(story.judged(.searchedAfterDetach).verdict == .clean)
  }
}
