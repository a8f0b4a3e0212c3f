public import Evidence

extension JournalEntry {
  /// A run begins.
  ///
  /// - Parameters:
  ///   - blank: its id, seed, kernel and columns.
  ///   - targets: what it was told to race, as it was named.
  ///   - amount: how much it will race, in words.
  public static func runStart(
    _ blank: RunResult, patterns: [String], targets: [String], amount: String
  ) -> JournalEntry {
    let what = patterns.isEmpty ? "every pattern that fits" : patterns.joined(separator: ", ")
    let target = targets.isEmpty ? "devices of its own" : targets.joined(separator: " ")
    return JournalEntry(
      .runStart, .info, "Run \(blank.run) begins: \(amount) of \(what) on \(target).",
      [
        .run: blank.run, .target: targets.joined(separator: " ").printable,
        .pattern: patterns.joined(separator: " "), .seed: "\(blank.seed)",
        .kernel: "\(blank.kernelRelease) \(blank.kernelVersion)".printable,
        .failOn: text(blank.columns.failOn), .note: text(blank.columns.note),
      ])
  }

  /// A pattern is done on a target, or was skipped there.
  ///
  /// - Parameter columns: which verdicts fail the run.
  public static func pattern(
    _ row: PatternResult, run: String, columns: Columns = Columns()
  ) -> JournalEntry {
    let shortfalls = row.shortfalls(columns).map(\.words)
    let counts = Verdict.allCases.compactMap { verdict in
      row.verdicts[verdict].flatMap { $0 > 0 ? "\(verdict.rawValue)=\($0)" : nil }
    }
    var sentence = "\(row.name) on \(row.target): "
    if let reason = row.skipReason {
      sentence += "skipped: \(reason)"
    } else {
      let verdicts = counts.map { $0.replacing("=", with: " ") }.joined(separator: ", ")
      sentence += "\(row.cycles) cycles, \(row.hits) hits: \(verdicts)"
      sentence += row.asynchronousBy.map { "; asynchronous by \($0) alone" } ?? ""
      sentence +=
        row.excludedRate(columns).map { "; at 95%, a rate above \($0.percentage) is excluded" }
        ?? ""
      sentence += shortfalls.map { "; \($0)" }.joined()
    }
    return JournalEntry(
      .patternSummary, .info, sentence,
      [
        .run: run, .pattern: row.name, .patternID: row.id, .target: row.target.printable,
        .device: row.target.printable, .driver: row.driver.printable, .widen: row.widen,
        .provider: row.provider, .asynchronousBy: row.asynchronousBy, .cycles: "\(row.cycles)",
        .hits: "\(row.hits)",
        .seconds: "\((row.seconds * 1000).rounded() / 1000)",
        .verdicts: counts.joined(separator: " "),
        .excludedRate: row.excludedRate(columns).map { "\(($0 * 1e6).rounded(.up) / 1e6)" },
        .shortfall: shortfalls.isEmpty ? nil : shortfalls.joined(separator: "; ").printable,
        .reason: (row.skipReason ?? row.endedEarly)?.printable,
      ])
  }

  /// A run has ended.
  ///
  /// - Parameter reason: why nothing ran; nil where something did.
  public static func runEnd(_ result: RunResult, because reason: String? = nil) -> JournalEntry {
    let conclusion = (reason == nil ? result.conclusion : .skip).rawValue
    let cycles = result.patterns.reduce(0) { $0 + $1.cycles }
    let hits = result.patterns.reduce(0) { $0 + $1.hits }
    var sentence = "Run \(result.run) ended: \(conclusion)"
    sentence += reason.map { ": \($0)" } ?? ", \(cycles) cycles, \(hits) hits"
    if !result.isRestored { sentence += "; something could not be put back" }
    return JournalEntry(
      .runEnd, result.isRestored ? .info : .err, sentence,
      [
        .run: result.run, .conclusion: conclusion, .cycles: "\(cycles)", .hits: "\(hits)",
        .seed: "\(result.seed)", .evidence: result.level.rawValue,
        .kernel: "\(result.kernelRelease) \(result.kernelVersion)".printable,
        .failOn: text(result.columns.failOn), .note: text(result.columns.note),
        .restored: result.isRestored ? "yes" : "no", .reason: reason?.printable,
        .ueventsLost: count(result.loss.ueventsLost),
        .ueventsUnseen: count(result.loss.ueventsUnseen), .traceLost: count(result.loss.traceLost),
        .probesMissed: count(result.loss.probesMissed),
        .traceStopped: count(result.loss.traceStopped), .kmsgLost: count(result.loss.kmsgLost),
        .untraced: result.untraced?.printable,
      ])
  }

  /// What a run, or one before it, had changed was put back.
  ///
  /// - Parameters:
  ///   - done: how many changes were put back.
  ///   - failures: what was not, and why, each in a line.
  public static func restore(run: String?, done: Int, failures: [String]) -> JournalEntry {
    let sentence =
      failures.isEmpty
      ? "The host was put back, \(done) changes."
      : "The host was not put back: \(failures.joined(separator: "; "))"
    return JournalEntry(
      .restore, failures.isEmpty ? .info : .err, sentence,
      [
        .run: run, .restored: failures.isEmpty ? "yes" : "no", .reason: failures.journalText,
      ])
  }

  /// Evidence was lost.
  ///
  /// - Parameters:
  ///   - place: when, in words, such as "cycle 3 of hotplug-async on scsi/0:0:0:0".
  ///   - cycle: nil where it was between cycles.
  public static func evidenceLost(
    _ loss: EvidenceLoss, run: String, place: String, pattern: String? = nil, cycle: Int? = nil
  ) -> JournalEntry {
    lost(.evidenceLost, loss, run, "Evidence was lost in \(place)", pattern, cycle)
  }

  /// What is only watched was not seen for a while: an attach of that time is not known.
  ///
  /// - Parameter evidence: what the watch rests on now.
  public static func watchLost(
    _ loss: EvidenceLoss, run: String, reason: String, evidence: EvidenceLevel = .uevent
  ) -> JournalEntry {
    var entry = lost(.watchLost, loss, run, "Not all was seen: \(reason)", nil, nil)
    entry[.reason] = reason.printable
    entry[.evidence] = evidence.rawValue
    return entry
  }

  private static func lost(
    _ message: JournalMessage, _ loss: EvidenceLoss, _ run: String, _ sentence: String,
    _ pattern: String?, _ cycle: Int?
  ) -> JournalEntry {
    // What the sentence says already is not said twice.
    let text = loss.text.flatMap { sentence.contains($0) ? nil : $0 }
    return JournalEntry(
      message, .warning, text.map { "\(sentence): \($0)." } ?? "\(sentence).",
      [
        .run: run, .pattern: pattern, .cycle: cycle.map { "\($0)" },
        .ueventsLost: count(loss.ueventsLost), .ueventsUnseen: count(loss.ueventsUnseen),
        .traceLost: count(loss.traceLost), .probesMissed: count(loss.probesMissed),
        .traceStopped: count(loss.traceStopped), .kmsgLost: count(loss.kmsgLost),
      ])
  }

  private static func count(_ number: UInt64) -> String? { number == 0 ? nil : "\(number)" }

  private static func text(_ verdicts: [Verdict]) -> String {
    verdicts.map(\.rawValue).joined(separator: ",")
  }
}
