internal import Evidence

/// Judges by the order of SEQNUMs. Nothing seen is `missed`, and a driver that came back is `inconclusive`:
/// nobody can tell whether somebody else bound it. Only what no bystander can have done fails.
struct UeventJudge {
  let evidence: CycleEvidence

  init(_ evidence: CycleEvidence) {
    self.evidence = evidence
  }

  func judge() -> Judgement {
    let loss = evidence.loss
    // An event that was not seen, for whatever reason, can be the one that explains another.
    if loss.ueventsLost + loss.ueventsUnseen > 0 {
      return inconclusive(
        "\(loss.ueventsLost) uevents were lost and \(loss.ueventsUnseen) not seen during the cycle."
      )
    }
    let events = evidence.deviceUevents
    if let bind = boundAfterRemoval(events) {
      return found(.attachAfterRemove, nil, bind, "was bound after the removal")
    }
    if events.count(where: { $0.action == .unbind }) > detachers {
      return inconclusive("Somebody else detached the driver during the cycle.")
    }
    guard let last = LastWord(evidence), let bind = events.last(where: { $0.action == .bind })
    else { return .missed }
    if last.unbind.succeeded {
      guard let unbind = events.last(where: { $0.action == .unbind }), bind.seqnum > unbind.seqnum
      else { return .missed }
      return found(.inconclusive, last.unbind, bind, "came back after a successful unbind")
    }
    // An unbind that found the driver bound would not have been refused: the BIND came later.
    guard last.unbind.errno == Errno.noDevice, last.isFirst else { return .missed }
    let what = "attached after unbind was refused with ENODEV"
    if last.isOtherBoundSince {
      return inconclusive("A device link can be why \(bind.driver ?? "a driver") \(what).")
    }
    return found(.attachAfterRefusal, last.unbind, bind, what)
  }

  /// How often our verbs can have detached: a removal and an unload do so too, and an unbind of a
  /// supplier.
  private var detachers: Int {
    evidence.verbs.count {
      switch $0.verb {
      case .unbind: $0.succeeded
      case .remove, .delete, .unload: true
      case .bind, .driversProbe, .driverOverride, .driversAutoprobe, .rescan, .scan, .load,
        .confine:
        false
      }
    }
  }

  /// A BIND after a REMOVE, without an ADD between.
  private func boundAfterRemoval(_ events: [Uevent]) -> Uevent? {
    var isRemoved = false
    for event in events {
      switch event.action {
      case .remove: isRemoved = true
      case .add: isRemoved = false
      case .bind where isRemoved: return event
      default: break
      }
    }
    return nil
  }

  private func inconclusive(_ reason: String) -> Judgement {
    Judgement(
      verdict: .inconclusive, isHit: false, reason: reason,
      findings: [evidence.finding(.inconclusive, text: reason)])
  }

  private func found(_ verdict: Verdict, _ unbind: VerbRecord?, _ bind: Uevent, _ what: String)
    -> Judgement
  {
    // Receive times lag behind, so they give no delay.
    let finding = evidence.finding(
      verdict, unbind: unbind?.reported,
      attach: Finding.Attach(
        time: bind.received, after: nil, function: nil, command: nil, pid: nil, stack: []),
      seqnum: evidence.rebindSeqnums,
      text:
        "\(bind.driver ?? "a driver") \(what) of \(evidence.bus)/\(evidence.name); uevents cannot tell by whom."
    )
    return Judgement(
      verdict: verdict, isHit: verdict != .inconclusive, reason: finding.text, findings: [finding])
  }
}

/// Judges by the driver link alone: who bound it, somebody else may have.
struct SysfsJudge {
  let evidence: CycleEvidence

  init(_ evidence: CycleEvidence) {
    self.evidence = evidence
  }

  func judge() -> Judgement {
    guard let last = LastWord(evidence), last.unbind.succeeded, let driver = evidence.driverAtEnd
    else { return .missed }
    let finding = evidence.finding(
      .inconclusive, unbind: last.unbind.reported,
      text:
        "\(driver) is bound to \(evidence.bus)/\(evidence.name) after a successful unbind; the driver link cannot tell since when or by whom."
    )
    return Judgement(
      verdict: .inconclusive, isHit: false, reason: finding.text, findings: [finding])
  }
}

/// An unbind of ours that certainly no request of ours followed: every one had ended before it, or, as
/// a stimulus, begun. Without a trace only user space's times tell that, and only so far.
private struct LastWord {
  let unbind: VerbRecord
  /// True where no bind or unbind of ours succeeded.
  let isFirst: Bool
  /// True where another device was bound since, which can make the kernel try its consumers.
  let isOtherBoundSince: Bool

  init?(_ evidence: CycleEvidence) {
    let verbs = evidence.verbs
    let onDevice = verbs.filter {
      [.bind, .unbind].contains($0.verb) && $0.object == evidence.name
    }
    guard let unbind = onDevice.filter({ $0.verb == .unbind }).max(by: { $0.start < $1.start })
    else { return nil }
    let isFollowed = verbs.contains { verb in
      switch verb.verb {
      case .bind, .driversProbe:
        verb.object == evidence.name && verb.end.map { $0 > unbind.start } ?? true
      case .scan, .rescan, .load: verb.start > unbind.start
      case .unbind, .driverOverride, .driversAutoprobe, .remove, .delete, .unload, .confine:
        false
      }
    }
    if isFollowed { return nil }
    self.unbind = unbind
    isFirst = !onDevice.contains(where: \.succeeded)
    isOtherBoundSince = verbs.contains {
      $0.verb == .bind && $0.object != evidence.name && $0.end.map { $0 > unbind.start } ?? true
    }
  }
}

extension Judgement {
  static let missed = Judgement(
    verdict: .missed, isHit: false, reason: "Nothing was seen, which below trace proves nothing.")
}
