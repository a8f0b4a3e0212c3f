internal import Evidence

extension Verdict {
  /// What the verdict means, as one clause.
  var meaning: String {
    switch self {
    case .hang: "a verb did not return before its deadline, or the kernel ended who wrote it"
    case .kernelWarning: "the kernel warned or got tainted while it was raced"
    case .lateAsyncAttach:
      "an asynchronous probe put the driver back after an unbind that returned success"
    case .lateDeferredAttach:
      "the deferred worker put the driver back after an unbind that returned success"
    case .lateAttach: "the driver came back unasked after an unbind that returned success"
    case .falseSuccess: "unbind returned success and detached nothing"
    case .wrongDetach: "a driver was detached that nobody asked to detach"
    case .overrideBypassed: "a driver was attached against driver_override"
    case .autoprobeBypassed: "a driver was attached although drivers_autoprobe was off"
    case .attachAfterRemove:
      "a driver was attached after its device was removed, or itself unloaded"
    case .inconclusive: "evidence that the verdict rests on was lost or disturbed"
    case .attachAfterRefusal:
      "unbind was refused with ENODEV, then a pending probe attached the driver (by design)"
    case .foreignAttach: "another process attached the driver"
    case .collateral: "a supplier or consumer changed, as a device link explains"
    case .missed: "the race was not reached"
    case .clean: "the race was reached and the last word held"
    }
  }
}

extension RunResult {
  /// The conclusion and what it means, in one line.
  func headline(skippedBecause reason: String?) -> String {
    if let reason { return "SKIP: nothing ran: \(reason)" }
    let cycles = patterns.reduce(0) { $0 + $1.cycles }
    switch conclusion {
    case .pass:
      let hits = patterns.reduce(0) { $0 + $1.hits }
      return "PASS: \(counted(cycles, "cycle")), \(counted(hits, "hit")):"
        + " every pattern that ran reached its race, and no verdict failed"
        + (worth.isEmpty ? "" : "; \(worth)")
    case .fail:
      let failing = Verdict.allCases.filter {
        columns.weight(of: $0) == .fail && count(of: $0) > 0
      }
      let counts = failing.map { "\($0.rawValue) \(count(of: $0))" }.joined(separator: ", ")
      return "FAIL: \(counts) of \(counted(cycles, "cycle")): \(failing[0].meaning)"
    case .inconclusive:
      return "INCONCLUSIVE: nothing failed, but nothing is proven: "
        + doubts.joined(separator: "; ")
    case .skip:
      let reasons = patterns.compactMap(\.skipReason).uniqued()
      return "SKIP: nothing ran: "
        + (reasons.isEmpty ? "nothing to run" : reasons.joined(separator: "; "))
    }
  }

  /// What stands between this result and a pass.
  private var doubts: [String] {
    var doubts: [String] = []
    if isInterrupted { doubts.append("the run was interrupted") }
    if level != .trace { doubts.append("the evidence is \(level.rawValue), a pass needs trace") }
    if loss.isAnythingLost { doubts.append("evidence was lost") }
    // What several rows lack alike is said once.
    let lacking = patterns.flatMap { row in
      row.shortfalls(columns).map { (id: row.id, words: $0.words) }
    }
    for words in lacking.map(\.words).uniqued() {
      let ids = lacking.filter { $0.words == words }.map(\.id).uniqued()
      doubts.append("\(ids.joined(separator: ", ")): \(words)")
    }
    if doubts.isEmpty { doubts.append("nothing ran that decides anything") }
    return doubts + [nextStep].compactMap(\.self)
  }

  /// What to do about races with too few hits; nil where there is none.
  private var nextStep: String? {
    let rows = patterns.filter { row in
      row.shortfalls(columns).contains { if case .hits = $0 { true } else { false } }
    }
    guard let first = rows.first?.id, let most = rows.map(\.cycles).max() else { return nil }
    if most < Self.fewCycles {
      let them = rows.map(\.id).uniqued().count == 1 ? "it" : "each"
      return "race \(them) for longer, as by --pattern \(first) --cycles \(Self.fewCycles)"
    }
    return
      "bindrace patterns \(first) says what it takes, and its window may be too short on this device"
  }

  /// Fewer prove nothing of a race: the search for its delays has only begun.
  private static let fewCycles = 100

  /// Cycles with that verdict, over all patterns.
  private func count(of verdict: Verdict) -> Int {
    patterns.reduce(0) { $0 + ($1.verdicts[verdict] ?? 0) }
  }
}
