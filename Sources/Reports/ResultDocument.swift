internal import Evidence

/// The shape of the JSON result, apart from Evidence's own types: those may change, this stays.
struct ResultDocument: Encodable {
  struct Kernel: Encodable {
    let release: String
    let version: String
  }

  struct Host: Encodable {
    let restored: Bool
  }

  static let schema = 1

  let schema = Self.schema
  let run: String
  let seed: UInt64
  let kernel: Kernel
  let conclusion: String
  let reason: String?
  let evidence: EvidenceDocument
  let facts: [FactDocument]
  let columns: ColumnsDocument
  let patterns: [PatternDocument]
  let findings: [FindingDocument]
  let host: Host

  init(_ result: RunResult, reason: String?) {
    run = result.run
    seed = result.seed
    kernel = Kernel(release: result.kernelRelease, version: result.kernelVersion)
    conclusion = (reason == nil ? result.conclusion : .skip).rawValue
    self.reason = reason
    evidence = EvidenceDocument(result)
    facts = result.facts.map(FactDocument.init)
    columns = ColumnsDocument(result.columns)
    patterns = result.patterns.map { PatternDocument($0, result.columns) }
    findings = result.findings.map(FindingDocument.init)
    host = Host(restored: result.isRestored)
  }

  enum CodingKeys: String, CodingKey {
    case schema, run, seed, kernel, conclusion, reason, evidence, facts, columns, patterns, findings
    case host
  }
}

struct EvidenceDocument: Encodable {
  let level: String
  let untraced: OrNull<String>
  let ueventsReceived: UInt64
  let ueventsLost: UInt64
  let ueventsUnseen: UInt64
  let traceLost: UInt64
  let probesMissed: UInt64
  let traceStopped: UInt64
  let kmsgLost: UInt64

  init(_ result: RunResult) {
    let loss = result.loss
    level = result.level.rawValue
    untraced = OrNull(result.untraced)
    ueventsReceived = loss.ueventsReceived
    ueventsLost = loss.ueventsLost
    ueventsUnseen = loss.ueventsUnseen
    traceLost = loss.traceLost
    probesMissed = loss.probesMissed
    traceStopped = loss.traceStopped
    kmsgLost = loss.kmsgLost
  }

  enum CodingKeys: String, CodingKey {
    case level, untraced
    case ueventsReceived = "uevents_received"
    case ueventsLost = "uevents_lost"
    case ueventsUnseen = "uevents_unseen"
    case traceLost = "trace_lost"
    case probesMissed = "probes_missed"
    case traceStopped = "trace_stopped"
    case kmsgLost = "kmsg_lost"
  }
}

/// How a fact was told.
struct FactDocument: Encodable {
  let fact: String
  let state: String
  let places: [String]
  let reason: OrNull<String>

  init(_ source: FactSource) {
    fact = source.fact.rawValue
    state = source.state.rawValue
    places = source.places
    reason = OrNull(source.reason)
  }
}

/// The verdicts that were moved to another column for the run.
struct ColumnsDocument: Encodable {
  let failOn: [String]
  let note: [String]

  init(_ columns: Columns) {
    failOn = columns.failOn.map(\.rawValue)
    note = columns.note.map(\.rawValue)
  }

  enum CodingKeys: String, CodingKey {
    case failOn = "fail_on"
    case note
  }
}

struct PatternDocument: Encodable {
  let id: String
  let name: String
  let kind: String
  let target: String
  let driver: String
  let widen: String
  let provider: OrNull<String>
  let asynchronousBy: OrNull<String>
  let status: String
  let skipReason: OrNull<String>
  let endedEarly: OrNull<String>
  let cycles: Int
  let hits: Int
  let hitsNeeded: Int
  let isDecisive: Bool
  let excludedRate: OrNull<Double>
  let shortfalls: [String]
  let seconds: Double
  let verdicts: [String: Int]
  /// Left out where there are none.
  let delays: [[Int64]]?

  init(_ pattern: PatternResult, _ columns: Columns) {
    id = pattern.id
    name = pattern.name
    kind = pattern.kind.rawValue
    target = pattern.target
    driver = pattern.driver
    widen = pattern.widen
    provider = OrNull(pattern.provider)
    asynchronousBy = OrNull(pattern.asynchronousBy)
    status = pattern.skipReason == nil ? "run" : "skip"
    skipReason = OrNull(pattern.skipReason)
    endedEarly = OrNull(pattern.endedEarly)
    cycles = pattern.cycles
    hits = pattern.hits
    hitsNeeded = pattern.hitsNeeded
    isDecisive = pattern.isDecisive
    excludedRate = OrNull(
      pattern.excludedRate(columns).map { ($0 * 1_000_000).rounded(.up) / 1_000_000 })
    shortfalls = pattern.shortfalls(columns).map(\.words)
    seconds = (pattern.seconds * 1000).rounded() / 1000
    verdicts = Dictionary(
      uniqueKeysWithValues: pattern.verdicts.filter { $0.value > 0 }
        .map { ($0.key.rawValue, $0.value) })
    delays = pattern.delays.isEmpty ? nil : pattern.delays
  }

  enum CodingKeys: String, CodingKey {
    case id, name, kind, target, driver, widen, provider
    case asynchronousBy = "asynchronous_by"
    case status
    case skipReason = "skip_reason"
    case endedEarly = "ended_early"
    case cycles, hits
    case hitsNeeded = "hits_needed"
    case isDecisive = "decisive"
    case excludedRate = "excluded_rate"
    case shortfalls, seconds, verdicts, delays
  }
}
