internal import Evidence
internal import Verdicts

/// What the kernel log says when no cycle runs: it belongs to the pattern that went before.
extension Run {
  /// A cycle that something can still be found of.
  struct LastCycle {
    var evidence: CycleEvidence
    /// That it was found to be.
    var verdicts: [Verdict]
  }

  /// Before the first cycle of a row: what the kernel warned of by now is damage from before, or from making the
  /// devices, and no finding of the race.
  ///
  /// - Throws: `RunStop.damaged`: what is raced on a damaged kernel proves nothing.
  func judgeBeforehand(_ kernel: KernelWatch, _ row: PatternResult) throws {
    let (evidence, lost) = kernel.take(.preparation)
    let loss = EvidenceLoss(kmsgLost: lost)
    result.loss += loss
    tell(loss, of: row)
    if let damage = damage(evidence, row) { throw RunStop.damaged(damage) }
  }

  /// What the kernel warned of when no cycle had run; nil where it did not.
  private func damage(_ kernel: KernelEvidence, _ row: PatternResult) -> Finding? {
    var evidence = blank(row)
    evidence.kernel = kernel
    let (finding, notes) = Judgement.afterwards(evidence)
    say(notes, of: row)
    guard var finding else { return nil }
    finding.verdict = .inconclusive
    finding.pattern = row.name
    return finding
  }

  /// The row ends for what came before its first cycle.
  func end(_ row: inout PatternResult, because damage: Finding) {
    keep([damage])
    let reason = row.endedEarly ?? row.skipReason
    row.skipReason = nil
    row.endedEarly = [damage.text, reason].compactMap(\.self).joined(separator: " ")
  }

  /// After a row, when its devices were put back.
  func judgeAfterwards(_ kernel: KernelWatch, _ row: inout PatternResult) {
    let (evidence, lost) = kernel.take(.afterwards)
    let loss = EvidenceLoss(kmsgLost: lost)
    result.loss += loss
    tell(loss, of: row)
    if row.cycles == 0 {
      say([loss.noted].compactMap { $0 }, of: row)
      if let damage = damage(evidence, row) { end(&row, because: damage) }
      return
    }
    var cycle = lastCycle ?? LastCycle(evidence: blank(row), verdicts: [])
    cycle.evidence.kernel = evidence
    let (finding, notes) = Judgement.afterwards(cycle.evidence)
    say(notes + [loss.noted].compactMap { $0 }, of: row)
    guard var finding else { return }
    if let old = result.columns.worst(of: cycle.verdicts) {
      row.verdicts[old, default: 0] -= 1
      if row.verdicts[old] == 0 { row.verdicts[old] = nil }
    }
    cycle.verdicts.append(.kernelWarning)
    row.verdicts[result.columns.worst(of: cycle.verdicts) ?? .kernelWarning, default: 0] += 1
    lastCycle = cycle
    finding.pattern = row.name
    finding.cycle = row.cycles
    keep([finding])
  }

  /// When all is put back: the last row that did anything.
  func judgeEnd(_ kernel: KernelWatch) {
    let rows = result.patterns.indices
    if let last = rows.last(where: { result.patterns[$0].cycles > 0 }) ?? rows.last {
      var row = result.patterns[last]
      judgeAfterwards(kernel, &row)
      if result.patterns[last] != row { observer.event(.pattern(row)) }
      result.patterns[last] = row
    }
    if kernel.marksMissing > 0 {
      observer.note("\(kernel.marksMissing) marks did not get into the kernel log")
    }
  }

  /// Says something of the row's last cycle.
  func say(_ notes: [String], of row: PatternResult) {
    for note in notes {
      observer.note("\(row.name) on \(row.target), cycle \(row.cycles): \(note)")
    }
  }

  /// What was lost in the row's last cycle.
  func tell(_ loss: EvidenceLoss, of row: PatternResult) {
    guard loss.isAnythingLost else { return }
    observer.event(
      .evidenceLost(
        loss, place: "cycle \(row.cycles) of \(row.name) on \(row.target)", pattern: row.name,
        cycle: row.cycles))
  }

  private func blank(_ row: PatternResult) -> CycleEvidence {
    let target = row.target.split(separator: "/", maxSplits: 1).map(String.init)
    return CycleEvidence(
      level: result.level, bus: target.first ?? "", name: target.last ?? "", driver: row.driver,
      devpath: "", ownProcesses: [], verbs: [], deadline: options.deadline.nanoseconds, trace: [],
      uevents: [], loss: EvidenceLoss(), isDrained: false, driverAtEnd: nil)
  }
}

extension EvidenceLoss {
  /// What is worth a note: what was dropped. Events of others, which nobody sees, can be many.
  var noted: String? { isAnythingLost ? text : nil }
}
