public import Evidence

/// What the kernel log and the taint of a cycle come to.
///
/// A report is a finding, whatever else the cycle shows. Stalls of the CPU that was held, while it was
/// held, and the taint of what was loaded are of our making: the baseline, which is noted.
struct KernelWarningRules {
  /// Lines of the log that a finding holds.
  private static let mostLines = 200

  private let evidence: CycleEvidence
  private let kernel: KernelEvidence
  private let reports: [KernelReport]
  private let baseline: [KernelReport]

  init(_ evidence: CycleEvidence) {
    self.evidence = evidence
    kernel = evidence.kernel ?? KernelEvidence()
    let spun = kernel.spunCPU
    func isBaseline(_ report: KernelReport) -> Bool {
      report.kind == .stall && report.phase == .race && spun != nil
        && report.cpus.allSatisfy { $0 == spun } && !report.cpus.isEmpty
    }
    reports = kernel.reports.filter { !isBaseline($0) }
    baseline = kernel.reports.filter(isBaseline)
  }

  /// New flags that say that something went wrong, without those of the baseline.
  private var newTaint: Taint {
    let new = kernel.newTaint.intersection(.failures)
    return baseline.isEmpty ? new : new.subtracting(.softLockup)
  }

  var finding: Finding? {
    guard let first = reports.first else {
      return newTaint.isEmpty
        ? nil
        : evidence.finding(
          .kernelWarning,
          text:
            "The kernel has new taint since the cycle before \(device): \(newTaint.text), of which its log says nothing."
        )
    }
    var text = "The kernel warned \(first.phase.words) \(device): \(first.title)"
    let others = reports.count - 1 + kernel.moreReports
    if others > 0 { text += "; and \(others) more in this cycle" }
    if !newTaint.isEmpty { text += "; new taint: \(newTaint.text)" }
    let lines = reports.flatMap(\.lines)
    var finding = evidence.finding(.kernelWarning, text: text + ".")
    finding.log = Array(lines.prefix(Self.mostLines))
    return finding
  }

  /// What is said of the baseline, a sentence each.
  var notes: [String] {
    var notes = baseline.map { "the CPU that was held stalled, as it must: \($0.title)" }
    let loaded = kernel.newTaint.subtracting(.failures)
    if !loaded.isEmpty { notes.append("the kernel is tainted by what was loaded: \(loaded.text)") }
    return notes
  }

  /// Why the log does not prove that nothing was wrong; nil where it does.
  var doubt: String? {
    if let unread = kernel.unread { return "The kernel log was not read: \(unread)." }
    if kernel.moreReports > 0 {
      return "The kernel log had \(kernel.moreReports) more reports than are kept."
    }
    let lost = evidence.loss.kmsgLost
    return lost > 0 ? "\(lost) records of the kernel log were lost during the cycle." : nil
  }

  private var device: String { "\(evidence.bus)/\(evidence.name)" }
}

extension KernelReport.Phase {
  fileprivate var words: String {
    switch self {
    case .preparation: "before the race of"
    case .race: "in the race of"
    case .afterwards: "after the last cycle, while things were put back, of"
    }
  }
}

extension Judgement {
  /// The same with what the kernel log adds: a warning of its own, or the doubt that there was one.
  func weighed(with rules: KernelWarningRules, _ evidence: CycleEvidence, columns: Columns)
    -> Judgement
  {
    var judgement = self
    judgement.notes += rules.notes
    if let finding = rules.finding {
      judgement.findings = (judgement.findings + [finding]).sorted {
        Verdict.allCases.firstIndex(of: $0.verdict)! < Verdict.allCases.firstIndex(of: $1.verdict)!
      }
      if judgement.findings[0] == finding {
        judgement.verdict = .kernelWarning
        judgement.reason = finding.text
      }
    } else if let doubt = rules.doubt, restsOnLog(columns) {
      judgement.verdict = .inconclusive
      judgement.reason = doubt
      judgement.findings.insert(evidence.finding(.inconclusive, text: doubt), at: 0)
    }
    return judgement
  }

  /// True where a warning would have made it worse: a clean cycle and a note say that nothing was
  /// wrong. What fails is proven, and what was missed proves nothing anyway.
  private func restsOnLog(_ columns: Columns) -> Bool {
    [.pass, .note].contains(columns.weight(of: verdict))
  }

  /// The finding about what came after the last cycle of a row; nil where there is none.
  ///
  /// - Parameter evidence: of that cycle, with what the log said since.
  public static func afterwards(_ evidence: CycleEvidence) -> (finding: Finding?, notes: [String]) {
    let rules = KernelWarningRules(evidence)
    return (rules.finding, rules.notes)
  }
}
