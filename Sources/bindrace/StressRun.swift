internal import Evidence
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
    throw Failure.notBuilt("stress")
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
