internal import Evidence
internal import Journal

/// The shape of what is reported from the journal.
struct JournalDocument: Encodable {
  struct Run: Encodable {
    let run: String
    let begin: OrNull<Int64>
    let end: OrNull<Int64>
    let conclusion: OrNull<String>
    let cycles: OrNull<Int>
    let hits: OrNull<Int>
    let findings: Int
    let seed: OrNull<UInt64>
    let kernel: OrNull<String>
    let hostname: OrNull<String>
    let reason: OrNull<String>
    let untraced: OrNull<String>
    let restored: Bool
    let evidenceLost: Bool

    init(_ run: JournaledRun) {
      self.run = run.run
      begin = OrNull(run.begin)
      end = OrNull(run.end)
      conclusion = OrNull(run.conclusion)
      cycles = OrNull(run.cycles)
      hits = OrNull(run.hits)
      findings = run.findings
      seed = OrNull(run.seed)
      kernel = OrNull(run.kernel)
      hostname = OrNull(run.hostname)
      reason = OrNull(run.reason)
      untraced = OrNull(run.untraced)
      restored = run.isRestored
      evidenceLost = run.isEvidenceLost
    }

    enum CodingKeys: String, CodingKey {
      case run
      case begin = "begin_usec"
      case end = "end_usec"
      case conclusion, cycles, hits, findings, seed, kernel, hostname, reason, untraced
      case restored
      case evidenceLost = "evidence_lost"
    }
  }

  /// A finding as in the result of its run, and where it is from.
  struct Finding: Encodable {
    private let finding: JournaledFinding
    private let event: String?

    /// - Parameter event: tells it from other entries where it is not in a list of findings.
    init(_ finding: JournaledFinding, event: JournalMessage? = nil) {
      self.finding = finding
      self.event = event?.name
    }

    private enum CodingKeys: String, CodingKey {
      case event, run
      case realtime = "realtime_usec"
      case boot = "boot_id"
      case hostname
      case isFailing = "failing"
    }

    func encode(to encoder: any Encoder) throws {
      try FindingDocument(finding.finding).encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(event, forKey: .event)
      try container.encode(finding.run, forKey: .run)
      try container.encode(finding.realtime, forKey: .realtime)
      try container.encode(finding.boot, forKey: .boot)
      try container.encode(OrNull(finding.hostname), forKey: .hostname)
      try container.encode(finding.isFailing, forKey: .isFailing)
    }
  }

  /// Any other entry, for those who follow.
  struct Event: Encodable {
    let event: String
    let run: OrNull<String>
    let realtime: Int64
    let text: String

    init(_ record: JournalRecord) {
      event = record.message?.name ?? ""
      run = OrNull(record[.run])
      realtime = record.happened
      text = record[.message] ?? ""
    }

    enum CodingKeys: String, CodingKey {
      case event, run, text
      case realtime = "realtime_usec"
    }
  }

  let schema = 1
  let runs: [Run]
  let findings: [Finding]
  /// Files of the journal that could not be read, or not to their end: a sentence each.
  let unread: [String]
  /// Entries that others wrote, which are left out.
  let untrusted: Int

  enum CodingKeys: CodingKey { case schema, runs, findings, unread, untrusted }
}
