internal import DriverModel
internal import Evidence
internal import Glibc
internal import Verdicts

/// Runs cycles of one pattern on one subject. It knows steps and states, no pattern.
struct CycleRunner {
  let pattern: Pattern
  let subject: Subject
  let widener: Widener
  let instruments: Instruments
  let options: RunOptions
  /// How long it took at most from the stimulus to the begin of the last verb, for the length of a
  /// slice.
  private var longestRace: Int64 = 0
  private var random: SplitMix64

  init(
    _ pattern: Pattern, _ subject: Subject, _ widener: Widener, _ instruments: Instruments,
    _ options: RunOptions, seed: UInt64
  ) {
    self.pattern = pattern
    self.subject = subject
    self.widener = widener
    self.instruments = instruments
    self.options = options
    random = SplitMix64(seed: seed)
  }

  private var preparation: Preparation {
    Preparation(instruments: instruments, subject: subject, deadline: options.deadline)
  }

  /// Notes what will be changed, and measures the verbs without a race, so that a slice covers them.
  ///
  /// - Throws: `RunStop.skip` where the pattern cannot run on this subject.
  mutating func rehearse() throws {
    if let obstacle = preparation.obstacle(pattern.start) { throw RunStop.skip(obstacle) }
    try preparation.note(pattern.start)
    guard widener == .cpu else { return }
    _ = try preparation.reach(.bound)
    let start = MonotonicClock.now()
    try instruments.perform([
      .verb(.unbind(subject.device, from: subject.driver)),
      .verb(.bind(subject.device, to: subject.driver)),
    ])
    longestRace = MonotonicClock.now() - start
  }

  /// One cycle, from its preparation to its verdict.
  mutating func cycle(_ number: Int) throws -> (judgement: Judgement, evidence: CycleEvidence) {
    if try preparation.reach(pattern.start) {
      _ = try instruments.drain(window: options.window)
    }
    try instruments.startRecording()
    let results = try race()
    let isDrained = instruments.hasHung ? false : try instruments.drain(window: options.window)
    let recorded = try instruments.stopRecording(devpath: subject.device.devpath)
    let evidence = CycleEvidence(
      level: instruments.level, bus: subject.device.bus, name: subject.device.name,
      driver: subject.driver, devpath: subject.device.devpath,
      ownProcesses: instruments.processes + results.processes, verbs: results.verbs,
      deadline: options.deadline.nanoseconds, trace: recorded.trace, uevents: recorded.uevents,
      loss: recorded.loss, isDrained: isDrained,
      driverAtEnd: try instruments.sysfs.driver(of: subject.device))
    var judgement = Judgement(evidence, order: pattern.order)
    for index in judgement.findings.indices {
      judgement.findings[index].pattern = pattern.name
      judgement.findings[index].cycle = number
    }
    return (judgement, evidence)
  }

  /// After the last cycle: a driver that a pattern loaded with parameters of ours is loaded once more,
  /// without. The rest is the ledger's.
  func putBack() throws {
    let isAltered =
      pattern.start == .driverUnloaded && subject.made.isEmpty && !subject.loadParameters.isEmpty
    guard isAltered, !instruments.hasHung else { return }
    _ = try preparation.reach(.driverUnloaded)
    _ = try preparation.reach(.bound)
  }

  /// The race itself, with the window widened only as long as it lasts.
  private mutating func race() throws -> RacerResults {
    var program = RacerProgram(threads: threads(), spin: nil)
    guard widener == .cpu else { return try instruments.run(program) }
    let mask = try instruments.workqueueMask()
    program.spin = RacerProgram.Spin(cpu: mask.cpu, slice: slice)
    try mask.narrow()
    let results: RacerResults
    do {
      results = try instruments.run(program)
    } catch {
      try? mask.restore()
      throw error
    }
    try mask.restore()
    if results.spinnerError != 0 {
      throw RunStop.skip(
        "CPU \(mask.cpu) could not be held: \(SystemError("sched_setscheduler", "spinner", results.spinnerError).reason)"
      )
    }
    measure(results)
    return results
  }

  private mutating func threads() -> [RacerProgram.Thread] {
    pattern.threads.map { thread in
      RacerProgram.Thread(
        steps: thread.steps.compactMap { step($0) }, isRacing: !thread.isStimulus)
    }
  }

  private mutating func step(_ step: Pattern.Step) -> RacerProgram.Step? {
    switch step {
    case .await(.added):
      return .await("add@\(subject.device.devpath)", patience: options.deadline)
    case .await(.loaded):
      return .await(
        "add@/bus/\(subject.device.bus)/drivers/\(subject.driver)", patience: options.deadline)
    case .pause(let microseconds):
      let jitter = Int.random(in: 0...(microseconds / 2), using: &random)
      return .pause(.microseconds(microseconds + jitter))
    case .bind:
      // EAGAIN: the device is not ready to be probed yet. ENOENT: a driver's files come after it.
      return .verb(
        .bind(subject.device, to: subject.driver), retry: [EAGAIN, ENOENT], patience: .seconds(1))
    case .unbind:
      return .verb(
        .unbind(subject.device, from: subject.driver), retry: [ENOENT], patience: .seconds(1))
    case .add:
      return subject.addition.map { .verb($0) }
    case .load:
      return subject.module.map { .module(.load($0, subject.loadParameters)) }
    default:
      return nil
    }
  }

  /// Twice that, within bounds, so that a race ends in the slice that it began in: shorter ones let
  /// the helper in, longer ones starve the host for nothing.
  private var slice: Duration {
    .nanoseconds(min(max(2 * longestRace, 150_000_000), 450_000_000))
  }

  private mutating func measure(_ results: RacerResults) {
    let raced = results.verbs.filter { $0.verb == .bind || $0.verb == .unbind }
    guard let first = results.verbs.map(\.start).min(), let last = raced.last?.start else { return }
    longestRace = max(longestRace, last - first)
  }
}
