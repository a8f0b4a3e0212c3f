internal import Evidence

/// Findings of one verdict on one device in one pattern, over all runs.
struct JournalGroup {
  private(set) var findings: [JournaledFinding]

  /// Failing ones first, then the worst verdict.
  static func groups(of findings: [JournaledFinding]) -> [JournalGroup] {
    var groups: [JournalGroup] = []
    for finding in findings {
      if let index = groups.firstIndex(where: { $0.isAlike(finding) }) {
        groups[index].findings.append(finding)
      } else {
        groups.append(JournalGroup(findings: [finding]))
      }
    }
    let ordered = Verdict.allCases.flatMap { verdict in
      groups.filter { $0.finding.verdict == verdict }
    }
    return ordered.filter(\.isFailing) + ordered.filter { !$0.isFailing }
  }

  private var finding: Finding { findings[0].finding }

  private var isFailing: Bool { findings[0].isFailing }

  private func isAlike(_ other: JournaledFinding) -> Bool {
    let (a, b) = (finding, other.finding)
    return a.verdict == b.verdict && a.device == b.device && a.pattern == b.pattern
      && isFailing == other.isFailing
  }

  func lines(_ ink: Ink, _ clock: WallClock) -> [String] {
    let group = FindingGroup(findings.map(\.finding), isFailing: isFailing)
    let runs = findings.map { String($0.run.prefix(8)) }.uniqued()
    var title = "\(finding.verdict.rawValue): \(counted(findings.count, "finding"))"
    if !finding.pattern.isEmpty { title += " of \(finding.pattern)" }
    title += " on \(finding.device), "
    title += runs.count == 1 ? "run \(runs[0])" : counted(runs.count, "run")
    var times = "first   \(clock.text(findings[0].realtime))"
    if findings.count > 1 { times += ", last \(clock.text(findings[findings.count - 1].realtime))" }
    return group.lines(ink, title: title.printable) + ["  " + times]
  }
}
