internal import Evidence

/// Findings of one verdict in one pattern, shown as one in full and the count of the others.
struct FindingGroup {
  let verdict: Verdict
  let pattern: String
  /// True where the verdict fails this run.
  let isFailing: Bool
  private(set) var findings: [Finding]
  /// How many there were; those beyond the ones kept whole are counted by the pattern's results.
  private(set) var count: Int

  /// The groups of a result, the worst verdict first.
  static func groups(of result: RunResult) -> [FindingGroup] {
    var groups: [FindingGroup] = []
    for finding in result.findings {
      let index = groups.firstIndex {
        $0.verdict == finding.verdict && $0.pattern == finding.pattern
      }
      if let index {
        groups[index].findings.append(finding)
      } else {
        groups.append(FindingGroup(finding, of: result))
      }
    }
    for index in groups.indices {
      groups[index].count = max(groups[index].count, groups[index].findings.count)
    }
    return Verdict.allCases.flatMap { verdict in groups.filter { $0.verdict == verdict } }
  }

  private init(_ finding: Finding, of result: RunResult) {
    isFailing = result.columns.weight(of: finding.verdict) == .fail
    verdict = finding.verdict
    pattern = finding.pattern
    findings = [finding]
    count = result.patterns.filter { $0.id == finding.pattern || $0.name == finding.pattern }
      .reduce(0) { $0 + ($1.verdicts[finding.verdict] ?? 0) }
  }

  /// Findings that are all alike, and all there are.
  init(_ findings: [Finding], isFailing: Bool) {
    verdict = findings[0].verdict
    pattern = findings[0].pattern
    self.isFailing = isFailing
    self.findings = findings
    count = findings.count
  }

  /// The one to show: the first whose stack is known, else the first.
  var representative: Finding {
    findings.first { $0.attach?.stack.isEmpty == false } ?? findings[0]
  }

  /// Delays from the detach (or refusal) to the attach, sorted.
  var delays: [Int64] { findings.compactMap { $0.attach?.after }.sorted() }
}
