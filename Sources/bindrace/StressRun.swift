internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety
internal import Races
internal import Reports

/// One run of `stress`, from its options to the written result.
struct StressRun {
  private let options: StressOptions
  private let carriers: Carriers
  private let targets: [Target]
  private let allow: [Target]
  private let allowInUse: [Target]
  private let replay: Replay?

  init(_ options: StressOptions) throws(Failure) {
    self.options = options
    carriers = try Carriers()
    let targets = try carriers.devices(options.targets(), "TARGET")
    self.targets = targets
    allow = try carriers.devices(options.allow, "--allow")
    allowInUse = try carriers.devices(options.allowInUse, "--allow-in-use")
    replay = try options.replay.map { path throws(Failure) in
      try Replay(
        path, patterns: options.patterns, targets: targets, widen: options.widen.widener)
    }
  }

  func run() throws -> ExitStatus {
    var output = try Output(path: options.result.output)
    let folder = try options.saveEvidence.map { path throws(Failure) in
      try EvidenceFolder(path: path)
    }
    let progress = Progress(isQuiet: options.quiet)
    for line in carriers.found { progress.note(line) }
    var blank = RunResult.blank(seed: replay?.seed ?? options.seed)
    blank.columns = options.columns
    let host = try Host()
    let journal = RunJournal(blank, progress: progress, isQuiet: options.quiet)
    let run = Run(
      runOptions, blank: blank, host: host,
      observer: try observer(saving: folder, progress: progress, journal: journal))
    do {
      try run.check()
    } catch {
      throw Failure(.usage, "\(origin(of: error.target)): '\(error.target)': \(error.problem)")
    }
    if let length = runOptions.amount.limit, let warning = GuestTime.warning(length) {
      progress.note(warning)
    }
    if let short = try shortness(of: run) { progress.note(short) }
    if options.dryRun {
      try output.write(try text(of: PlanReport(try run.dryRun(), amount: amount), output.hasColour))
      // Nothing was raced, and that makes no kernel good.
      return options.bisect ? .nothingRan : .pass
    }
    do {
      let result = try race(run, host, journal)
      progress.clear()
      journal.end(result)
      return deliver(result, because: nil, to: &output)
    } catch {
      let failure = error as? Failure ?? Failure(.nothingRan, "\(error)")
      progress.clear()
      journal.end(blank, because: failure.text)
      if failure.status != .nothingRan { throw failure }
      StandardStreams.complain(failure.text)
      return deliver(blank, because: failure.text, to: &output)
    }
  }

  /// The option that a wrong target was given to, in the order in which they are looked at.
  private func origin(of target: String) -> String {
    let options = [
      ("--allow-in-use", allowInUse), ("--allow", allow), ("--deny", options.deny),
    ]
    let option = options.first { $0.1.contains { "\($0)" == target } }?.0
    return option ?? (replay == nil ? "TARGET" : "--replay")
  }

  /// Races, as the only one on this host that does.
  private func race(_ run: Run, _ host: Host, _ journal: RunJournal) throws -> RunResult {
    guard geteuid() == 0 else {
      throw Failure(.nothingRan, "racing needs root: it writes to sysfs and tracefs")
    }
    let lock = try HostLock.orFailure()
    return try withExtendedLifetime(lock) {
      journal.begin(
        patterns: options.patterns, targets: targets.map { "\($0)" }, amount: amount)
      try RestoreRun.beforeRun(lock, host, journal)
      return try run.race()
    }
  }

  private func observer(
    saving folder: EvidenceFolder?, progress: Progress, journal: RunJournal
  ) throws -> RunObserver {
    let interrupt = try Interrupt(
      saying: "interrupted: ending the cycle and putting the host back",
      "the host is still being put back, please wait")
    let start = ContinuousClock.now
    let limit = runOptions.amount.limit
    return RunObserver(
      progress: { step in
        progress.update(
          ProgressStep(
            pattern: step.pattern, target: step.target, cycle: step.cycle, cycles: options.cycles,
            hits: step.hits, findings: step.findings, elapsed: ContinuousClock.now - start,
            limit: limit))
      },
      note: { progress.note($0) }, isInterrupted: { interrupt.isRequested },
      evidence: { evidence, pattern, cycle in
        try folder?.save(evidence, pattern: pattern, cycle: cycle)
      }, event: { journal.take($0) })
  }

  /// What is to be said where the time is hardly one for each race; nil where it is enough.
  private func shortness(of run: Run) throws -> String? {
    guard let limit = runOptions.amount.limit, let given = options.duration else { return nil }
    let races = try run.raceCount()
    if limit >= .seconds(1) * races { return nil }
    let count = "\(races) \(races == 1 ? "race" : "races")"
    return
      "--duration: \(given) is shared by up to \(count), and each has one cycle: it takes longer"
  }

  /// How much is raced, in words.
  private var amount: String {
    if replay != nil { return "what is recorded" }
    return switch runOptions.amount {
    case .cycles(let count): "\(count) cycles"
    case .duration(let duration): "its share of \(Int(duration.seconds)) s"
    }
  }

  private var runOptions: RunOptions {
    var run = RunOptions()
    if !targets.isEmpty { run.targets = targets }
    if !options.patterns.isEmpty {
      run.patterns = options.patterns.flatMap { Catalog.patterns(named: $0) ?? [] }
      let named = options.patterns.filter { !Catalog.groups.contains($0) }
      run.named = Set(named.flatMap { Catalog.patterns(named: $0) ?? [] }.map(\.id))
    }
    if let cycles = options.cycles { run.amount = .cycles(cycles) }
    if let duration = options.duration { run.amount = .duration(duration.duration) }
    if let minHits = options.minHits { run.minHits = minHits }
    run.window = options.window.duration
    run.deadline = options.deadline.duration
    run.widen = options.widen.widener
    run.evidence = EvidenceLevel(rawValue: options.evidence.rawValue)
    run.ueventBuffer = options.ueventBuffer.bytes
    run.allowInUse = allowInUse
    run.lists = DeviceLists(allow: allow, deny: options.deny)
    if let replay {
      run.replay = replay.entries
      run.amount = .cycles(replay.entries.map(\.cycles).max() ?? 0)
    }
    return run
  }

  /// Writes the result. One that cannot be delivered proves nothing to anybody.
  private func deliver(_ result: RunResult, because reason: String?, to output: inout Output)
    -> ExitStatus
  {
    let status = reason == nil ? ExitStatus(result) : .nothingRan
    do {
      try output.write(try text(of: result, because: reason, colour: output.hasColour))
      return status
    } catch {
      StandardStreams.complain("the result could not be written: \(error)")
      return .worst(status, .inconclusive)
    }
  }

  private func text(of plan: PlanReport, _ colour: Bool) throws -> String {
    switch options.result.format {
    case .text: plan.text(colour: colour)
    case .json: try plan.json()
    }
  }

  private func text(of result: RunResult, because reason: String?, colour: Bool) throws -> String {
    switch options.result.format {
    case .text:
      let report = reason.map { TextReport(skipped: result, because: $0) } ?? TextReport(result)
      return report.text(colour: colour)
    case .json:
      let report = reason.map { JSONReport(skipped: result, because: $0) } ?? JSONReport(result)
      return try report.text()
    }
  }
}

extension RunOptions.Amount {
  fileprivate var limit: Duration? {
    switch self {
    case .cycles: nil
    case .duration(let duration): duration
    }
  }
}

extension WidenChoice {
  var widener: RunOptions.Widen {
    Widener(rawValue: rawValue).map { .one($0) } ?? .auto
  }
}
