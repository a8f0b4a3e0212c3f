internal import Evidence
internal import Journal

/// One run as the journal tells it.
struct JournaledRun {
  let run: String
  /// Microseconds since 1970; nil where that entry is not there.
  var begin: Int64?
  var end: Int64?
  /// Nil for a run whose end is not there: it still runs, or was killed.
  var conclusion: String?
  var cycles: Int?
  var hits: Int?
  var seed: UInt64?
  var kernel: String?
  var hostname: String?
  var reason: String?
  /// Why there was no trace.
  var untraced: String?
  var isRestored = true
  var isEvidenceLost = false
  var findings = 0

  init(_ run: String) {
    self.run = run
  }
}

/// One finding as the journal tells it.
struct JournaledFinding {
  let finding: Finding
  let run: String
  /// Microseconds since 1970.
  let realtime: Int64
  let boot: String
  let hostname: String?
  /// True where it failed its run.
  let isFailing: Bool

  init?(_ record: JournalRecord) {
    guard let finding = Finding(record) else { return nil }
    self.finding = finding
    run = record[.run] ?? ""
    realtime = record.happened
    boot = record[.boot] ?? record.boot
    hostname = record.hostname
    isFailing = record[.priority] == "\(JournalPriority.err.rawValue)"
  }
}

/// The runs and findings in records of the journal, in the order of their begin.
struct JournalHistory {
  private(set) var runs: [JournaledRun] = []
  private(set) var findings: [JournaledFinding] = []

  init(_ records: [JournalRecord], _ filter: JournalFilter) {
    var seen: Set<[String]> = []
    for record in records where filter.takes(record) {
      if let finding = JournaledFinding(record) {
        // What was delivered twice is one finding.
        let number = record[.finding] ?? "\(seen.count)"
        let identity = [finding.run, number, record[.cycle] ?? "", record[.verdict] ?? ""]
        guard seen.insert(identity).inserted else { continue }
        findings.append(finding)
        update(record) { $0.findings += 1 }
      } else {
        update(record) { $0.learn(record) }
      }
    }
    findings.sort { $0.realtime < $1.realtime }
    if filter.wantsFindings { runs.removeAll { $0.findings == 0 } }
    runs.sort { ($0.begin ?? $0.end ?? 0) < ($1.begin ?? $1.end ?? 0) }
  }

  private mutating func update(_ record: JournalRecord, _ change: (inout JournaledRun) -> Void) {
    guard let run = record[.run], !run.isEmpty else { return }
    if !runs.contains(where: { $0.run == run }) { runs.append(JournaledRun(run)) }
    for index in runs.indices where runs[index].run == run {
      change(&runs[index])
      runs[index].hostname = record.hostname ?? runs[index].hostname
    }
  }
}

extension JournaledRun {
  /// What was lost; unseen events were never ours.
  private static let losses: [JournalField] = [
    .ueventsLost, .traceLost, .probesMissed, .traceStopped, .kmsgLost,
  ]

  fileprivate mutating func learn(_ record: JournalRecord) {
    switch record.message {
    case .runStart:
      begin = record.happened
      kernel = record[.kernel]
      seed = record[.seed].flatMap { UInt64($0) }
    case .runEnd:
      end = record.happened
      conclusion = record[.conclusion]
      kernel = record[.kernel]
      seed = record[.seed].flatMap { UInt64($0) }
      cycles = record[.cycles].flatMap { Int($0) }
      hits = record[.hits].flatMap { Int($0) }
      reason = record[.reason]
      untraced = record[.untraced]
      if record[.restored] == "no" { isRestored = false }
      // The entry of the loss itself may not be there any more.
      if Self.losses.contains(where: { record[$0] != nil }) { isEvidenceLost = true }
    case .daemonStarted:
      begin = record.happened
      conclusion = "watch"
    case .daemonStopped:
      end = record.happened
      conclusion = "watch"
    case .restore:
      if record[.restored] == "no" { isRestored = false }
    case .evidenceLost, .watchLost:
      isEvidenceLost = true
    default: break
    }
  }
}
