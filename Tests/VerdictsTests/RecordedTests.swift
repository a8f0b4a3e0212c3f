import Evidence
import Testing

@testable import Verdicts

/// Cycles as stock kernels wrote them: files of `bindrace stress --save-evidence`, one each for
/// 6.12.117 and 6.1.192. Where others were busy, their records that do not matter were taken out.
@Suite struct RecordedTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let order: WantedOrder
    let verdict: Verdict
    let isHit: Bool
    let function: String?

    var testDescription: String { name }
  }

  static let cases: [Case] =
    both + [
      Case(
        name: "6.1-hotplug-async-missed", order: .helperPendingAtDetach, verdict: .missed,
        isHit: false, function: nil)
    ]

  private static let both: [Case] = Recording.kernels.flatMap { kernel in
    [
      late("\(kernel)-hotplug-async", "__device_attach_async_helper"),
      late("\(kernel)-driver-load-async", "__driver_attach_async_helper"),
      late("\(kernel)-driver-load-async-pcspkr", "__driver_attach_async_helper"),
      late("\(kernel)-driver-load-async-saturated", "__driver_attach_async_helper"),
      Case(
        name: "\(kernel)-refused-unbind", order: .helperPendingAtRefusal,
        verdict: .attachAfterRefusal, isHit: true, function: "__device_attach_async_helper"),
      Case(
        name: "\(kernel)-unbind-rebind-virtio", order: .unboundAndBound, verdict: .clean,
        isHit: true, function: nil),
      Case(
        name: "\(kernel)-unbind-rebind-foreign", order: .unboundAndBound,
        verdict: .foreignAttach, isHit: false, function: "bind_store"),
      Case(
        name: "\(kernel)-unbind-rebind-hang", order: .unboundAndBound, verdict: .hang,
        isHit: false, function: nil),
    ]
  }

  private static func late(_ name: String, _ function: String) -> Case {
    Case(
      name: name, order: .helperPendingAtDetach, verdict: .lateAsyncAttach, isHit: true,
      function: function)
  }

  @Test("what stock kernels did is judged as it was", arguments: cases)
  func recorded(example: Case) throws {
    let judgement = Judgement(try Recording.evidence(example.name), order: example.order)
    #expect(judgement.verdict == example.verdict)
    #expect(judgement.isHit == example.isHit)
    #expect(judgement.findings.first?.attach?.function == example.function)
    if let after = judgement.findings.first?.attach?.after { #expect(after > 0) }
  }

  @Test(
    "the same cycle without the late attach would have been clean", arguments: Recording.kernels)
  func withoutTheAttach(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    let late = try #require(evidence.trace.lastIndex { $0.point == .bound })
    evidence.trace.remove(at: late)
    evidence.driverAtEnd = nil
    #expect(Judgement(evidence, order: .helperPendingAtDetach).verdict == .clean)
  }

  @Test("the same cycle without the schedule record proves less", arguments: Recording.kernels)
  func withoutTheSchedule(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    evidence.trace.removeAll { $0.point == .schedule }
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(!judgement.isHit)
  }

  @Test("the same verbs written by a stranger are no finding of ours", arguments: Recording.kernels)
  func byAStranger(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    evidence.ownProcesses = [1]
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .foreignAttach)
    #expect(!judgement.isHit)
  }

  @Test("the same uevents alone show the symptom, and not who", arguments: Recording.kernels)
  func byUeventsAlone(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    evidence.level = .uevent
    evidence.trace = []
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(judgement.findings.first?.attach?.function == nil)
  }

  @Test(
    "cut off anywhere, a cycle in which something came back is never clean", arguments: cases)
  func cutOff(example: Case) throws {
    guard [.lateAsyncAttach, .attachAfterRefusal].contains(example.verdict) else { return }
    let whole = try Recording.evidence(example.name)
    for length in whole.trace.indices {
      var cut = whole
      cut.trace = Array(whole.trace[..<length])
      #expect(Judgement(cut, order: example.order).verdict != .clean)
    }
  }
}
