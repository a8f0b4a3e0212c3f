import Evidence
import Races
import Testing

@testable import Verdicts

/// A hit of each race of the catalog, and of each control, as the stock kernels wrote it on the devices
/// of the test module.
@Suite struct RecordedCatalogTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let order: WantedOrder
    let verdict: Verdict
    /// Who attached; nil where nothing that contradicts anything did.
    let function: String?

    var testDescription: String { name }
  }

  static let races: [Case] = [
    race("double-pending", .secondHelperPendingAtDetach, .lateAsyncAttach, driverHelper),
    race("override-bypass", .helperPendingAtOverride, .overrideBypassed, driverHelper),
    race("autoprobe-off", .helperPendingAtAutoprobe, .autoprobeBypassed, deviceHelper),
    race("hotplug-sync", .addingAtDetach, .lateAttach, "device_add"),
    race("defer-false-success", .probeFailedUnderUnbind, .falseSuccess, worker),
    race("deferred-refused", .deferredAtRefusal, .attachAfterRefusal, worker),
    race("deferred-popped", .retryingAtDetach, .lateDeferredAttach, worker),
    race("deferred-to-async", .retriedHelperPendingAtDetach, .lateAsyncAttach, deviceHelper),
    race("probe-queued", .deferredAtRefusal, .attachAfterRefusal, worker),
    race("register-third", .registeringAtDetach, .lateAttach, "__driver_attach"),
    race("link-autoprobe", .supplierReboundAfterDetach, .collateral, worker),
    race("link-lock-drop", .reboundUnderUnbind, .falseSuccess, "bind_store"),
    race("wrong-detach", .rivalBoundUnderUnbind, .wrongDetach, "bind_store"),
  ].flatMap { $0 }

  static let controls: [Case] = [
    control("rescan", .rescannedAfterDetach),
    control("unload-vs-helper", .helperPendingAtUnload),
    control("delete-vs-helper", .helperPendingAtRemoval),
    control("deferred-bound", .boundAfterDeferral),
    control("unbind-during-probe", .unbindDuringProbe),
    control("helper-finds-bound", .helperPendingAtBind),
    // By clang with ThinLTO, which inlines bus_rescan_devices().
    [
      Case(
        name: "7.3-clang-rescan", order: .rescannedAfterDetach, verdict: .clean, function: nil)
    ],
  ].flatMap { $0 }

  private static let deviceHelper = "__device_attach_async_helper"
  private static let driverHelper = "__driver_attach_async_helper"
  private static let worker = "deferred_probe_work_func"

  private static func race(
    _ name: String, _ order: WantedOrder, _ verdict: Verdict, _ function: String
  ) -> [Case] {
    Recording.kernels(with: name).map {
      Case(name: "\($0)-\(name)", order: order, verdict: verdict, function: function)
    }
  }

  private static func control(_ name: String, _ order: WantedOrder) -> [Case] {
    Recording.kernels(with: name).map {
      Case(name: "\($0)-\(name)", order: order, verdict: .clean, function: nil)
    }
  }

  @Test("a hit of each race has its verdict, and names who attached", arguments: races)
  func race(example: Case) throws {
    let judgement = Judgement(try Recording.evidence(example.name), order: example.order)
    #expect(judgement.verdict == example.verdict, "\(judgement.reason)")
    #expect(judgement.isHit)
    let attach = try #require(judgement.findings.first?.attach)
    #expect(attach.function == example.function)
    #expect(attach.stack.contains { $0 == attach.function })
  }

  @Test("the catalog has them under that order, and finds that", arguments: races)
  func catalog(example: Case) throws {
    let name = String(example.name.drop { $0 != "-" }.dropFirst())
    let pattern = try #require(Catalog.patterns(named: name)?.first, "\(name)")
    #expect(pattern.order == example.order)
    #expect(pattern.finds.contains(example.verdict))
  }

  @Test("a hit of each control is clean", arguments: controls)
  func control(example: Case) throws {
    let judgement = Judgement(try Recording.evidence(example.name), order: example.order)
    #expect(judgement.verdict == .clean, "\(judgement.reason)")
    #expect(judgement.isHit)
  }

  @Test(
    "a bind that comes when device_add() has bound the device is no hit of hotplug-sync",
    arguments: Recording.kernels)
  func hotplugSync(kernel: String) throws {
    let evidence = try Recording.evidence("\(kernel)-hotplug-sync-missed")
    #expect(Judgement(evidence, order: .addingAtDetach).verdict == .missed)
  }

  @Test(
    "on 5.10 a bind that would have to wait is refused at once, so these are no hits",
    arguments: [
      (name: "wrong-detach", order: WantedOrder.rivalBoundUnderUnbind, verdict: Verdict.missed),
      ("deferred-to-async", .retriedHelperPendingAtDetach, .missed),
      ("hotplug-sync", .addingAtDetach, .attachAfterRefusal),
    ])
  func refused(example: (name: String, order: WantedOrder, verdict: Verdict)) throws {
    let evidence = try Recording.evidence("5.10-\(example.name)-refused")
    let judgement = Judgement(evidence, order: example.order)
    #expect(judgement.verdict == example.verdict, "\(judgement.reason)")
    #expect(!judgement.isHit)
  }

  @Test("cut off anywhere, a race of the catalog is never clean", arguments: races)
  func cutOff(example: Case) throws {
    let whole = try Recording.evidence(example.name)
    for length in whole.trace.indices {
      var cut = whole
      cut.trace = Array(whole.trace[..<length])
      #expect(Judgement(cut, order: example.order).verdict != .clean, "\(length)")
    }
  }

  @Test("the one race is no hit of another's order, unless that is about less", arguments: races)
  func orders(example: Case) throws {
    let evidence = try Recording.evidence(example.name)
    let orders = Set(Self.races.map(\.order)).subtracting([example.order])
    let hits = orders.filter { Judgement(evidence, order: $0).isHit }
    // A retried helper is a pending one, and whoever waits for it was bound in between; an unbind that
    // waits for its consumer waits.
    let isAboutMore = example.order == .reboundUnderUnbind
    #expect(
      hits.isSubset(of: isAboutMore ? [.rivalBoundUnderUnbind] : [.retryingAtDetach]), "\(hits)")
  }

  @Test("the same verbs by a stranger are nothing that we have shown", arguments: races)
  func byAStranger(example: Case) throws {
    var evidence = try Recording.evidence(example.name)
    evidence.ownProcesses = [1]
    evidence.verbs = []
    let judgement = Judgement(evidence, order: example.order)
    #expect(!judgement.isHit)
    let ours: Set<Verdict> = [.lateAsyncAttach, .lateDeferredAttach, .falseSuccess, .wrongDetach]
    #expect(!ours.contains(judgement.verdict), "\(judgement.reason)")
  }
}
