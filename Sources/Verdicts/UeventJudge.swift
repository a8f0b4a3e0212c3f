internal import Evidence

/// Judges by the order of SEQNUMs. Only the symptom proves anything: nothing seen is `missed`.
struct UeventJudge {
  let evidence: CycleEvidence

  init(_ evidence: CycleEvidence) {
    self.evidence = evidence
  }

  func judge() -> Judgement {
    if evidence.loss.ueventsLost > 0 {
      return Judgement(
        verdict: .inconclusive, isHit: false,
        reason: "\(evidence.loss.ueventsLost) uevents were lost during the cycle.")
    }
    let events = evidence.deviceUevents
    let attachers = evidence.verbs.filter { $0.verb == .bind || $0.verb == .unbind }
    let unbound = attachers.filter { $0.verb == .unbind && $0.succeeded }
    if events.count(where: { $0.action == .unbind }) > unbound.count {
      return Judgement(
        verdict: .inconclusive, isHit: false,
        reason: "Somebody else detached the driver during the cycle.")
    }
    guard let last = attachers.last, last.verb == .unbind,
      let bind = events.last(where: { $0.action == .bind })
    else { return .missed }
    if last.succeeded {
      guard let unbind = events.last(where: { $0.action == .unbind }), bind.seqnum > unbind.seqnum
      else { return .missed }
      return found(.lateAttach, last, bind, "came back after a successful unbind")
    }
    // An unbind that found the driver bound would not have been refused: the BIND came later.
    guard last.errno == Errno.noDevice, unbound.isEmpty,
      !attachers.contains(where: { $0.verb == .bind && $0.succeeded })
    else { return .missed }
    return found(.attachAfterRefusal, last, bind, "attached after unbind was refused with ENODEV")
  }

  private func found(_ verdict: Verdict, _ unbind: VerbRecord, _ bind: Uevent, _ what: String)
    -> Judgement
  {
    // Receive times lag behind, so they give no delay.
    let finding = evidence.finding(
      verdict, unbind: unbind.reported,
      attach: Finding.Attach(
        time: bind.received, after: nil, function: nil, command: nil, pid: nil, stack: []),
      seqnum: evidence.rebindSeqnums,
      text:
        "\(bind.driver ?? "a driver") \(what) of \(evidence.bus)/\(evidence.name); uevents cannot tell by whom."
    )
    return Judgement(verdict: verdict, isHit: true, reason: finding.text, findings: [finding])
  }
}

/// Judges by the driver link alone.
struct SysfsJudge {
  let evidence: CycleEvidence

  init(_ evidence: CycleEvidence) {
    self.evidence = evidence
  }

  func judge() -> Judgement {
    guard let last = evidence.verbs.last(where: { $0.verb == .bind || $0.verb == .unbind }),
      last.verb == .unbind, last.succeeded, let driver = evidence.driverAtEnd
    else { return .missed }
    let finding = evidence.finding(
      .lateAttach, unbind: last.reported,
      text:
        "\(driver) is bound to \(evidence.bus)/\(evidence.name) after a successful unbind; the driver link cannot tell since when or by whom."
    )
    return Judgement(verdict: .lateAttach, isHit: true, reason: finding.text, findings: [finding])
  }
}

extension Judgement {
  static let missed = Judgement(
    verdict: .missed, isHit: false, reason: "Nothing was seen, which below trace proves nothing.")
}
