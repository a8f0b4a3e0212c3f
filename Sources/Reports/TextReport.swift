public import Evidence

/// The result of a run for a reader: the conclusion first, then a row per pattern and target, then
/// the findings with one of each kind in full.
public struct TextReport: Sendable {
  private let result: RunResult
  private let reason: String?

  public init(_ result: RunResult) {
    self.result = result
    reason = nil
  }

  /// The result of a run that could not begin.
  public init(skipped result: RunResult, because reason: String) {
    self.result = result
    self.reason = reason
  }

  /// The text, with a newline at its end; ANSI colours where asked for.
  public func text(colour: Bool = false) -> String {
    let ink = Ink(colour: colour)
    var lines = [headline(ink)]
    if !result.isRestored {
      lines.append(
        ink.red("HOST NOT RESTORED: something could not be put back; run bindrace restore"))
    }
    if !result.patterns.isEmpty { lines += [""] + table.lines(ink) }
    for group in FindingGroup.groups(of: result) { lines += [""] + group.lines(ink) }
    lines += [""] + footer(ink)
    return lines.joined(separator: "\n") + "\n"
  }

  private func headline(_ ink: Ink) -> String {
    let line = result.headline(skippedBecause: reason).printable
    if reason != nil { return ink.yellow(line) }
    switch result.conclusion {
    case .pass: return ink.green(line)
    case .fail: return ink.red(line)
    case .inconclusive, .skip: return ink.yellow(line)
    }
  }

  private var table: TextTable {
    var table = TextTable(
      ["id", "name", "target", "driver", "widen", "cycles", "hits", "excludes", "verdicts"],
      numeric: [5, 6, 7])
    for (pattern, count) in result.patterns.skippedAlike {
      if let reason = pattern.skipReason, count > 1 {
        table.append([
          "-", counted(count, "race"), pattern.target, pattern.driver, "-", "-", "-", "",
          "SKIP \(reason)",
        ])
        continue
      }
      let counts = Verdict.allCases.compactMap { verdict in
        pattern.verdicts[verdict].flatMap { $0 > 0 ? "\(verdict.rawValue) \($0)" : nil }
      }
      let skip = pattern.skipReason.map { "SKIP \($0)" }
      let early = pattern.endedEarly.map { ["ended early: \($0)"] } ?? []
      table.append([
        pattern.id, pattern.name, pattern.target, pattern.driver, pattern.widen,
        skip == nil ? String(pattern.cycles) : "-", skip == nil ? String(pattern.hits) : "-",
        pattern.excludedWords(result.columns),
        skip ?? (counts + early).joined(separator: ", "),
      ])
    }
    return table
  }

  private func footer(_ ink: Ink) -> [String] {
    let loss = result.loss
    let evidence =
      "evidence  \(result.level.rawValue); uevents: \(loss.ueventsReceived) received,"
      + " \(loss.ueventsLost) lost, \(loss.ueventsUnseen) unseen;"
      + " trace: \(loss.traceWords); kernel log: \(loss.kmsgLost) lost"
    var lines = [loss.isAnythingLost ? ink.yellow(evidence) : evidence]
    if let untraced = result.untraced {
      lines.append(ink.yellow("untraced  \(untraced)".printable))
    }
    lines += result.facts.compactMap(\.line)
    lines += [
      "run       \(result.run), seed \(result.seed)",
      "kernel    \(result.kernelRelease) \(result.kernelVersion)".printable,
    ]
    if let moved = result.columns.moved { lines.append("columns   \(moved)") }
    return lines
  }
}

extension EvidenceLoss {
  /// What was lost of the trace. Where it stood still, nobody counted what went by.
  fileprivate var traceWords: String {
    let counts = "\(traceLost) lost, \(probesMissed) missed"
    if traceStopped == 0 { return counts }
    let words = "the recording was taken away or stood still \(counted(Int(traceStopped), "time"))"
    return traceLost > 0 || probesMissed > 0 ? "\(words), \(counts) besides" : words
  }
}

extension FactSource {
  /// What is to be known of a fact: that nothing tells it, or that another place than the first does.
  fileprivate var line: String? {
    let why = reason.map { ": \($0)" } ?? ""
    return switch state {
    case .untold: "untold    \(fact.words)\(why)".printable
    case .told where reason != nil:
      "told      \(fact.words), by \(places.joined(separator: ", "))\(why)".printable
    // There was nothing of the kind, or nothing was needed of it.
    case .told, .waiting: nil
    }
  }
}
