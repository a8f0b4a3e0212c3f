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
    case .wrongDetach: "an unbind of one driver detached another"
    case .overrideBypassed: "a driver was attached against driver_override"
    case .autoprobeBypassed: "a driver was attached although drivers_autoprobe was off"
    case .attachAfterRemove: "a driver was attached after the device was removed"
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
    for pattern in patterns {
      if let reason = pattern.endedEarly { doubts.append("\(pattern.id) ended early: \(reason)") }
    }
    let unproven = patterns.filter { $0.skipReason == nil && $0.hits == 0 }.map(\.id).uniqued()
    if !unproven.isEmpty { doubts.append("no hit of \(unproven.joined(separator: ", "))") }
    let blurred = patterns.reduce(0) { $0 + $1.count(.inconclusive, columns) }
    if blurred > 0 { doubts.append("\(counted(blurred, "cycle")) inconclusive") }
    if count(of: .hang) > 0 { doubts.append("a verb hung, and what it did is not known") }
    return doubts
  }

  /// Cycles with that verdict, over all patterns.
  private func count(of verdict: Verdict) -> Int {
    patterns.reduce(0) { $0 + ($1.verdicts[verdict] ?? 0) }
  }
}

extension [String] {
  /// Each element once, in the order of its first appearance.
  func uniqued() -> [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
