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
  let columns: Columns
  private let preparation: Preparation
  /// How long it took at most from the stimulus to the begin of the last verb, for the length of a
  /// slice.
  private var longestRace: Int64 = 0
  private var random: SplitMix64
  /// Nil where the pattern leaves nothing to search, or the window is widened by other means.
  private var delays: Delays?
  /// Those of this cycle.
  private var delaysNow: [Int64] = []

  init(
    _ pattern: Pattern, _ subject: Subject, _ widener: Widener, _ instruments: Instruments,
    _ options: RunOptions, columns: Columns, seed: UInt64, replayed: ReplayEntry?
  ) {
    self.pattern = pattern
    self.subject = subject
    self.widener = widener
    self.instruments = instruments
    self.options = options
    self.columns = columns
    preparation = Preparation(
      pattern, subject, instruments, deadline: options.deadline,
      allowsUse: options.allowInUse.contains { target in
        let devices = (try? instruments.sysfs.devices(of: target)) ?? []
        return devices.contains { $0.devpath == subject.device.devpath }
      })
    random = SplitMix64(seed: seed)
    guard widener == .none else { return }
    delays = Delays(pattern, seed: seed, replay: replayed?.delays)
  }

  /// Notes what will be changed, and measures the verbs without a race, so that a slice covers them.
  ///
  /// - Parameter ask: asks the gate, and says until when its answer holds.
  /// - Throws: `RunStop.skip` where the pattern cannot run on this subject.
  mutating func rehearse(_ ask: () throws -> Time) throws {
    try instruments.recording.begin(subject.device, driver: subject.driver.name)
    try instruments.waitForEarlierWork()
    _ = try ask()
    try preparation.begin()
    let isTraced = instruments.recording.level == .trace
    guard widener == .cpu || isTraced else { return }
    // A place that had nothing to tell is replaced by another, which is tried again.
    for _ in 0..<Self.mostRehearsals {
      try preparation.reachBound()
      try instruments.recording.beginCycle()
      let start = MonotonicClock.now()
      // EBUSY: somebody else binds the device as well, and was faster.
      var verbs = try instruments.perform(
        [
          .verb(.unbind(subject.device, from: subject.driver.name)),
          .verb(.bind(subject.device, to: subject.driver.name)),
        ], allowing: EBUSY)
      longestRace = max(longestRace, MonotonicClock.now() - start)
      guard isTraced else { return }
      let isBeaten = verbs.contains { !$0.succeeded }
      verbs.append(instruments.sysfs.perform(.driversProbeOfNobody(bus: subject.device.bus)))
      let recording = instruments.recording
      _ = try recording.take(hearing: verbs)
      let isAttachUntold = recording.untold?.contains { $0.fact == .attach } ?? true
      if !recording.isToTryAgain && !(isBeaten && isAttachUntold) { return }
    }
  }

  /// More than any fact has ways to be told.
  private static let mostRehearsals = 5

  /// One cycle, from its preparation to its verdict.
  ///
  /// - Parameter ask: asks the gate, and says until when its answer holds.
  mutating func cycle(_ number: Int, _ ask: () throws -> Time) throws
    -> (judgement: Judgement, evidence: CycleEvidence)
  {
    let until = try ask()
    if try preparation.reach() {
      _ = try instruments.drain(window: options.window)
    }
    try instruments.recording.beginCycle()
    let driverAtStart = try instruments.sysfs.driver(of: subject.device)
    delaysNow = delays?.next() ?? []
    if MonotonicClock.now() >= until { _ = try ask() }
    instruments.kernel.beginRace("\(pattern.id) on \(subject.target): cycle \(number)")
    let results = try race()
    let undrained = try waitForTheEnd()
    let recorded = try instruments.recording.take(hearing: results.verbs, isQuiet: false)
    var (kernel, kmsgLost) = instruments.kernel.take(.race)
    if widener == .cpu { kernel.spunCPU = instruments.mask?.cpu }
    let evidence = CycleEvidence(
      level: instruments.recording.level, bus: subject.device.bus, name: subject.device.name,
      driver: subject.driver.name, devpath: subject.device.devpath,
      ownProcesses: instruments.processes + results.processes, verbs: results.verbs,
      deadline: options.deadline.nanoseconds, trace: recorded.trace, uevents: recorded.uevents,
      loss: recorded.loss + EvidenceLoss(kmsgLost: kmsgLost), isDrained: undrained == nil,
      driverAtEnd: try instruments.sysfs.driver(of: subject.device),
      driverAtStart: driverAtStart, other: subject.other?.name, rival: subject.rival?.name,
      untold: instruments.recording.untold, undrained: undrained, kernel: kernel)
    var judgement = Judgement(evidence, order: pattern.order, columns: columns)
    delays?.learn(results, evidence, isHit: judgement.isHit)
    for index in judgement.findings.indices {
      judgement.findings[index].pattern = pattern.name
      judgement.findings[index].cycle = number
    }
    return (judgement, evidence)
  }

  /// The delays of all cycles so far; empty where nothing is searched.
  var delaysUsed: [[Int64]] { delays?.schedule.delays ?? [] }

  /// After the last cycle.
  func putBack() throws {
    defer { try? instruments.recording.end() }
    try preparation.putBack()
  }

  /// Why it is not known that all asynchronous work has ended; nil where it has. The deferred worker has no
  /// barrier: an attach of its is waited for as long as the window, and longer where the trace tells that the
  /// worker is still at it.
  private func waitForTheEnd() throws -> String? {
    if instruments.hasHung { return "A verb of the race had not returned." }
    if pattern.involvesDeferral {
      try instruments.awaitAttach(of: subject.device, window: options.window)
      try instruments.awaitRetries()
    }
    return try instruments.drain(window: options.window)
  }

  /// The race itself, with the window widened only as long as it lasts.
  private mutating func race() throws -> RacerResults {
    var program = RacerProgram(threads: try threads(), spin: nil)
    if subject.conditions.sleepsInterruptibly { program.blockedState = "S" }
    switch widener {
    case .none, .lock, .saturate:
      if delays != nil { program.shareCPU(WorkqueueMask.lastCPU) }
      return try instruments.run(program)
    case .add:
      program.shareCPU(WorkqueueMask.lastCPU)
      return try instruments.run(program)
    case .cpu:
      let mask = try instruments.workqueueMask()
      program.spin = RacerProgram.Spin(
        cpu: mask.cpu,
        begins: pattern.confinement.map { .afterStep($0.thread, $0.step) } ?? .atOnce,
        renewedBy: try loadedModule.map(Modules.folder), slice: slice)
      if pattern.confinement == nil { try mask.narrow() }
      let results: RacerResults
      do {
        results = try instruments.run(program)
      } catch {
        try? mask.restore()
        throw error
      }
      try mask.restore()
      return try checked(results, mask.cpu)
    }
  }

  /// The module that the race loads. Its folder is there before its init function runs (load_module()),
  /// which schedules the driver's entries.
  private var loadedModule: String? {
    get throws { try pattern.loaded.flatMap { try found($0).module } }
  }

  private mutating func checked(_ results: RacerResults, _ cpu: Int32) throws -> RacerResults {
    if results.spinnerError != 0 {
      let error = SystemError("sched_setscheduler", "spinner", results.spinnerError)
      throw RunStop.skip("CPU \(cpu) could not be held: \(error.reason)")
    }
    measure(results)
    return results
  }

  private mutating func threads() throws -> [RacerProgram.Thread] {
    var threads: [RacerProgram.Thread] = []
    for thread in pattern.threads {
      var steps: [RacerProgram.Step] = []
      for step in thread.steps { steps.append(try translated(step)) }
      threads.append(RacerProgram.Thread(steps: steps, isRacing: !thread.isStimulus))
    }
    return threads
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

// MARK: - Steps

extension CycleRunner {
  private var deadline: Duration { options.deadline }

  /// What the racer does for a step of the pattern: exactly one step, as others count them.
  private mutating func translated(_ step: Pattern.Step) throws -> RacerProgram.Step {
    let device = subject.device
    // EAGAIN: the device is not ready to be probed yet. ENOENT: a driver's files come after it.
    let early: [Int32] = [EAGAIN, ENOENT]
    switch step {
    case .await(let event):
      return try awaiting(event)
    case .pause(let microseconds):
      // A searched delay takes its place.
      if delays != nil { return .pause(.zero) }
      let jitter = Int.random(in: 0...(microseconds / 2), using: &random)
      return .pause(.microseconds(microseconds + jitter))
    case .searched(let number):
      let delay = delaysNow.indices.contains(number) ? delaysNow[number] : 0
      return .pause(.nanoseconds(delay))
    case .bind(let role, let driver):
      return .verb(
        .bind(try found(role), to: try found(driver).name),
        // Another try is another delay.
        retry: delays == nil ? early : [], patience: .seconds(1))
    case .bindOnce(let role, let driver):
      return .verb(.bind(try found(role), to: try found(driver).name))
    case .unbind(let role, let driver):
      return .verb(
        .unbind(try found(role), from: try found(driver).name), retry: [ENOENT],
        patience: .seconds(1))
    case .driversProbe(let role):
      return .verb(.driversProbe(try found(role)))
    case .overrideWithNone:
      return .verb(.driverOverride(device, Preparation.nobody))
    case .override(let driver):
      return .verb(.driverOverride(device, try found(driver).name))
    case .autoprobeOff:
      return .verb(.driversAutoprobe(bus: device.bus, false))
    case .add:
      return .verb(try needed(subject.hotplug, "a way to find the device").addition)
    case .remove:
      return .verb(try needed(subject.hotplug, "a way to remove the device").removal)
    case .load(let driver):
      // A rival that is loaded in a race asks for its probes itself.
      let mode = driver == .rival ? .synchronous : pattern.mode ?? .synchronous
      return try needed(try found(driver).load(mode), "a driver that can be loaded")
    case .unload(let driver):
      return try needed(try found(driver).unload, "a driver that can be unloaded")
    case .confineWorkers:
      return .verb(try instruments.workqueueMask().narrowing)
    case .releaseWorkers:
      return .verb(try instruments.workqueueMask().widening)
    case .rescan:
      return .verb(try needed(subject.rescan, "a bus that can be probed again"))
    }
  }

  private func awaiting(_ event: Pattern.Event) throws -> RacerProgram.Step {
    let device = subject.device
    switch event {
    case .added: return .await("add@\(device.devpath)", patience: deadline)
    case .bound: return .await("bind@\(device.devpath)", patience: deadline)
    case .unbound: return .await("unbind@\(device.devpath)", patience: deadline)
    case .loaded:
      return .await(
        "add@/bus/\(device.bus)/drivers/\(subject.driver.name)", patience: deadline)
    case .onBus:
      return .awaitPath("bus/\(device.bus)/devices/\(device.name)", patience: deadline)
    case .probing: return .awaitPath("\(device.path)/driver", patience: deadline)
    case .blocked(let thread, let step):
      return .awaitBlocked(thread: thread, step: step, patience: deadline)
    }
  }

  private func found(_ role: Pattern.DeviceRole) throws -> Device {
    role == .raced ? subject.device : try needed(subject.other, "a second device")
  }

  private func found(_ role: Pattern.DriverRole) throws -> RacedDriver {
    role == .raced ? subject.driver : try needed(subject.rival, "a second driver")
  }

  /// `Subject.obstacle(to:hasOverride:)` has asked before, so this is not reached.
  private func needed<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw RunStop.skip("\(subject.target) lacks \(what)") }
    return value
  }
}
