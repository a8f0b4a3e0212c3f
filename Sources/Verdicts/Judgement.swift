public import Evidence

/// What one cycle came to.
public struct Judgement: Sendable, Equatable {
  public var verdict: Verdict
  /// True when the evidence proves that the wanted order was reached.
  public var isHit: Bool
  /// Why, for a verdict that is no finding.
  public var reason: String
  /// Verdicts that are not clean, the worst first; their pattern and cycle are the caller's to set.
  public var findings: [Finding]
  /// What is to be said besides and is no finding, a sentence each.
  public var notes: [String]

  public init(verdict: Verdict, isHit: Bool, reason: String, findings: [Finding] = []) {
    self.verdict = verdict
    self.isHit = isHit
    self.reason = reason
    self.findings = findings
    notes = []
  }

  /// Judges one cycle by the evidence's own level.
  ///
  /// - Parameter columns: what fails and what is noted in this run; a note is no proof of an end.
  public init(_ evidence: CycleEvidence, order: WantedOrder, columns: Columns = Columns()) {
    self = Judgement.byOrder(evidence, order, columns)
      .weighed(with: KernelWarningRules(evidence), evidence, columns: columns)
  }

  private static func byOrder(_ evidence: CycleEvidence, _ order: WantedOrder, _ columns: Columns)
    -> Judgement
  {
    if let hung = evidence.verbs.first(where: { $0.exceeds(evidence.deadline) }) {
      return .hang(hung, evidence)
    }
    switch evidence.level {
    case .trace: return TraceJudge(evidence, order: order, columns: columns).judge()
    case .uevent, .log: return UeventJudge(evidence).judge()
    case .sysfs: return SysfsJudge(evidence).judge()
    }
  }

  private static func hang(_ verb: VerbRecord, _ evidence: CycleEvidence) -> Judgement {
    let limit = verb.verb.deadline(evidence.deadline) / 1_000_000
    let verbWords = "\(verb.verb.rawValue) of \(verb.object) by pid \(verb.pid)"
    let place = verb.sleep?.function.map { "; it sleeps in \($0)" } ?? ""
    let text =
      verb.end == nil && verb.sleep == nil
      ? "\(verbWords) does not return: the kernel ended who wrote it."
      : "\(verbWords) did not return within \(limit) ms\(place)."
    var finding = evidence.finding(.hang, text: text)
    finding.writer = Finding.Writer(pid: verb.pid, sleep: verb.sleep)
    return Judgement(verdict: .hang, isHit: false, reason: text, findings: [finding])
  }
}

extension CycleEvidence {
  /// A finding about this cycle's device, with what all findings share.
  func finding(
    _ verdict: Verdict, unbind: Finding.Unbind? = nil, attach: Finding.Attach? = nil,
    seqnum: Finding.Seqnum = Finding.Seqnum(), text: String
  ) -> Finding {
    Finding(
      verdict: verdict, pattern: "", cycle: 0, evidence: level, device: "\(bus)/\(name)",
      syspath: "/sys" + devpath, driver: driver, unbind: unbind, attach: attach, seqnum: seqnum,
      text: text)
  }

  /// The device's own events in the order of facts.
  var deviceUevents: [Uevent] {
    uevents.filter { $0.devpath == devpath && !$0.isSynthetic }.sorted { $0.seqnum < $1.seqnum }
  }

  /// SEQNUMs of the last UNBIND that a BIND follows, and of that BIND.
  var rebindSeqnums: Finding.Seqnum {
    let events = deviceUevents
    guard let bind = events.lastIndex(where: { $0.action == .bind }) else {
      return Finding.Seqnum(unbind: events.last { $0.action == .unbind }?.seqnum)
    }
    return Finding.Seqnum(
      unbind: events[..<bind].last { $0.action == .unbind }?.seqnum, bind: events[bind].seqnum)
  }
}

extension VerbRecord {
  /// True when it had not returned after `deadline` nanoseconds.
  func exceeds(_ deadline: Int64) -> Bool {
    end.map { $0 - start > verb.deadline(deadline) } ?? true
  }

  var reported: Finding.Unbind {
    Finding.Unbind(start: start, end: end, errno: errno, pid: pid)
  }
}
