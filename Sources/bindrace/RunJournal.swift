internal import Evidence
internal import Journal
internal import Races

/// What a run of `stress` writes to the journal, from when it may change the host until its end.
final class RunJournal {
  /// How long the end waits for journald.
  private static let patience: Duration = .seconds(2)

  private let blank: RunResult
  private let progress: Progress
  private let isQuiet: Bool
  private var writer: JournalWriter?

  /// - Parameters:
  ///   - isQuiet: says no line of an entry where no journald listens.
  init(_ blank: RunResult, progress: Progress, isQuiet: Bool) {
    self.blank = blank
    self.progress = progress
    self.isQuiet = isQuiet
  }

  /// The run begins. Without a thread for it there is no journal, and the run goes on.
  func begin(patterns: [String], targets: [String], amount: String) {
    do {
      writer = try JournalWriter(
        run: blank.run, outbox: Outbox(run: blank.run), say: { [progress] in progress.note($0) },
        tell: { [progress, isQuiet] in if !isQuiet { progress.note($0) } })
    } catch {
      progress.note("nothing is written to the journal: \(error)")
    }
    writer?.write(.runStart(blank, patterns: patterns, targets: targets, amount: amount))
  }

  /// What is not of the run itself.
  func write(_ entry: JournalEntry) { writer?.write(entry) }

  func take(_ event: RunEvent) {
    switch event {
    case .finding(let finding):
      writer?.write(.finding(finding, run: blank.run, columns: blank.columns))
    case .pattern(let row):
      writer?.write(.pattern(row, run: blank.run, columns: blank.columns))
    case .evidenceLost(let loss, let place, let pattern, let cycle):
      writer?.write(
        .evidenceLost(loss, run: blank.run, place: place, pattern: pattern, cycle: cycle))
    case .restored(let done, let failures):
      writer?.write(.restore(run: blank.run, done: done, failures: failures))
    }
  }

  /// The run has ended. Says what the journal is not known to have.
  func end(_ result: RunResult, because reason: String? = nil) {
    guard let writer else { return }
    writer.write(.runEnd(result, because: reason))
    let left = writer.finish(within: Self.patience)
    self.writer = nil
    if left.keptFindings > 0 {
      progress.note(
        "\(left.keptFindings) findings are not in the journal yet; \(Outbox.folder) keeps them for the next run"
      )
    }
    if left.lostFindings + left.others > 0 {
      progress.note("\(left.lostFindings + left.others) entries may not have got into the journal")
    }
  }
}
