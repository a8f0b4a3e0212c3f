internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety
internal import Races
internal import Reports

/// One run of `stress`, from its options to the written result.
struct StressRun {
  private let options: StressOptions
  private let targets: [TargetArgument]

  init(_ options: StressOptions) throws(Failure) {
    self.options = options
    targets = try options.targets()
  }

  func run() throws -> ExitStatus {
    var output = try Output(path: options.output)
    let folder = try options.saveEvidence.map { path throws(Failure) in
      try EvidenceFolder(path: path)
    }
    let progress = Progress(isQuiet: options.quiet)
    let blank = RunResult.blank(seed: options.seed)
    do {
      let result = try race(blank, saving: folder, progress: progress, until: try Interrupt())
      progress.clear()
      return deliver(result, because: nil, to: &output)
    } catch {
      let failure = error as? Failure ?? Failure(.nothingRan, "\(error)")
      progress.clear()
      if failure.status != .nothingRan { throw failure }
      StandardStreams.complain(failure.text)
      return deliver(blank, because: failure.text, to: &output)
    }
  }

  /// Races what the options ask for.
  private func race(
    _ blank: RunResult, saving folder: EvidenceFolder?, progress: Progress,
    until interrupt: Interrupt
  ) throws -> RunResult {
    let runOptions = try self.runOptions()
    let start = ContinuousClock.now
    let observer = RunObserver(
      progress: { step in
        progress.update(
          ProgressStep(
            pattern: step.pattern, target: step.target, cycle: step.cycle, cycles: options.cycles,
            hits: step.hits, findings: step.findings, elapsed: ContinuousClock.now - start,
            limit: runOptions.amount.limit))
      },
      note: { progress.note($0) }, isInterrupted: { interrupt.isRequested },
      evidence: { evidence, pattern, cycle in
        try folder?.save(evidence, pattern: pattern, cycle: cycle)
      })
    let host = try Host()
    let run = Run(runOptions, blank: blank, host: host, observer: observer)
    if options.dryRun { return try run.dryRun() }
    guard geteuid() == 0 else {
      throw Failure(.nothingRan, "racing needs root: it writes to sysfs and tracefs")
    }
    let lock = try HostLock.orFailure()
    return try withExtendedLifetime(lock) {
      try RestoreRun.beforeRun(lock, host)
      return try run.race()
    }
  }

  private func runOptions() throws -> RunOptions {
    var run = RunOptions()
    if !targets.isEmpty { run.targets = try targets.map { try Target($0.description) } }
    if !options.patterns.isEmpty {
      run.patterns = options.patterns.flatMap { Catalog.patterns(named: $0) ?? [] }
    }
    if let cycles = options.cycles { run.amount = .cycles(cycles) }
    if let duration = options.duration { run.amount = .duration(duration.duration) }
    run.window = options.window.duration
    run.deadline = options.deadline.duration
    run.widen = options.widen.widener
    run.evidence = EvidenceLevel(rawValue: options.evidence.rawValue)
    run.ueventBuffer = options.ueventBuffer.bytes
    run.allowInUse = Set(options.allowInUse.map(\.description))
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

  private func text(of result: RunResult, because reason: String?, colour: Bool) throws -> String {
    switch options.format {
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
  fileprivate var widener: RunOptions.Widen {
    Widener(rawValue: rawValue).map { .one($0) } ?? .auto
  }
}
