import Evidence
import Testing

@testable import Verdicts

/// Cycles as kernels wrote them: files of `bindrace stress --save-evidence`, one each for the stock ones 7.3.4,
/// 6.12.117, 6.1.192 and 5.10.262, and some of mended ones. Where others were busy, their records that do not
/// matter were taken out.
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
    [
      late("hotplug-async", "__device_attach_async_helper"),
      late("driver-load-async", "__driver_attach_async_helper"),
      late("driver-load-async-pcspkr", "__driver_attach_async_helper"),
      late("driver-load-async-saturated", "__driver_attach_async_helper"),
      each(
        "refused-unbind", order: .helperPendingAtRefusal, .attachAfterRefusal, isHit: true,
        "__device_attach_async_helper"),
      each("unbind-rebind-virtio", order: .unboundAndBound, .clean, isHit: true),
      each(
        "unbind-rebind-foreign", order: .unboundAndBound, .foreignAttach, isHit: false,
        "bind_store"),
      each("unbind-rebind-hang", order: .unboundAndBound, .hang, isHit: false),
    ].flatMap { $0 } + mended + [
      Case(
        name: "6.1-hotplug-async-missed", order: .helperPendingAtDetach, verdict: .missed,
        isHit: false, function: nil)
    ]

  /// Kernels of Tests/Kernels: the helper waits for the unbind, and then finds itself cancelled.
  static let mended = ["7.3", "6.12"].flatMap { kernel in
    ["hotplug-async", "driver-load-async"].map { pattern in
      Case(
        name: "\(kernel)-mended-\(pattern)", order: .helperPendingAtDetach, verdict: .clean,
        isHit: true, function: nil)
    }
  }

  private static func each(
    _ name: String, order: WantedOrder, _ verdict: Verdict, isHit: Bool, _ function: String? = nil
  ) -> [Case] {
    Recording.kernels(with: name).map {
      Case(
        name: "\($0)-\(name)", order: order, verdict: verdict, isHit: isHit, function: function)
    }
  }

  private static func late(_ name: String, _ function: String) -> [Case] {
    each(name, order: .helperPendingAtDetach, .lateAsyncAttach, isHit: true, function)
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
    "the same cycle without the late attach would have been clean",
    arguments: Recording.kernels(with: "hotplug-async"))
  func withoutTheAttach(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    let late = try #require(evidence.trace.lastIndex { $0.point == .bound })
    evidence.trace.remove(at: late)
    evidence.driverAtEnd = nil
    // Or it would be left open whether the helper's attempt was a deferral, of which these runs had none.
    evidence.untold?.removeAll { $0.fact == .deferral }
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .clean, "\(judgement.reason)")
  }

  @Test("a helper that got the lock between bind and unbind is no hit, however late it returns")
  func lookedBefore() throws {
    var evidence = try Recording.evidence("7.3-helper-looked-before")
    #expect(Judgement(evidence, order: .helperPendingAtDetach).verdict == .missed)
    // The same where it was kept from its CPU with nothing left to do.
    let end = try #require(evidence.trace.firstIndex { $0.point == .driverHelperReturn })
    evidence.trace.append(evidence.trace.remove(at: end))
    let detach = try #require(evidence.trace.lastIndex { $0.point == .cleanup })
    #expect(detach < evidence.trace.count - 1)
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .missed, "\(judgement.reason)")
  }

  @Test(
    "the same cycle without the schedule record proves less",
    arguments: Recording.kernels(with: "hotplug-async"))
  func withoutTheSchedule(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    evidence.trace.removeAll { $0.point == .schedule }
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .lateAttach)
    #expect(!judgement.isHit)
  }

  @Test(
    "the same verbs written by a stranger are no finding of ours",
    arguments: Recording.kernels(with: "hotplug-async"))
  func byAStranger(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    evidence.ownProcesses = [1]
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .foreignAttach)
    #expect(!judgement.isHit)
  }

  @Test(
    "the same uevents alone show the symptom, and not who",
    arguments: Recording.kernels(with: "hotplug-async"))
  func byUeventsAlone(kernel: String) throws {
    var evidence = try Recording.evidence("\(kernel)-hotplug-async")
    evidence.level = .uevent
    evidence.trace = []
    let judgement = Judgement(evidence, order: .helperPendingAtDetach)
    #expect(judgement.verdict == .inconclusive)
    #expect(judgement.reason.contains("came back after a successful unbind"))
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
