public import DriverModel
public import Evidence
internal import Glibc
public import HostSafety
internal import Verdicts

/// A run of `stress`: patterns on targets, one after the other, and everything put back at the end.
public final class Run {
  let options: RunOptions
  let observer: RunObserver
  let sysfs: Sysfs
  private let host: Host
  let deviceGuard: Guard
  let gate: Gate
  private let claimants: Claimants
  /// As they were named when the run began.
  let lists: DeviceLists
  let allowedInUse: DeviceLists
  var result: RunResult
  /// The last cycle of the last row that has one.
  var lastCycle: LastCycle?
  /// Findings of one kind on one target that are kept whole; beyond, they are counted.
  private static let keptFindings = 100

  /// - Parameters:
  ///   - blank: the result to fill in, with the run's id and seed.
  ///   - host: this machine, or a made-up one.
  public init(_ options: RunOptions, blank: RunResult, host: Host, observer: RunObserver) {
    self.options = options
    self.observer = observer
    sysfs = Sysfs(root: host.sys)
    self.host = host
    deviceGuard = Guard(sys: host.sys, proc: host.proc)
    claimants = Claimants(host, isInterrupted: observer.isInterrupted)
    lists = options.lists.pinned(in: sysfs)
    allowedInUse = DeviceLists(allow: options.allowInUse).pinned(in: sysfs)
    gate = Gate(deviceGuard, sys: host.sys, lists: lists, allowedInUse: allowedInUse)
    result = blank
  }

  /// Looks whether the targets are there. Changes nothing.
  ///
  /// - Throws: `TargetError` that names the one that is not.
  public func check() throws(TargetError) {
    for target in options.allowInUse { _ = try sysfs.devices(of: target) }
    try options.lists.check(in: sysfs)
    _ = try plan()
  }

  /// Races, puts everything back, and returns what came of it.
  ///
  /// The caller holds the host's lock.
  /// - Throws: `TargetError` for a target that is not there any more, `RunFailure` or `SystemError`
  ///   where nothing could run.
  public func race() throws -> RunResult {
    let entries = try plan()
    if let refused = refusedRows(entries) {
      result.untraced = "nothing was raced"
      result.patterns = refused
      for row in refused { observer.event(.pattern(row)) }
      return result
    }
    let ledger = try Ledger(
      run: result.run, proc: host.proc, survivor: Survivor(run: result.run))
    ledger.holdByChildren(on: host)
    defer {
      host.actions.shareWithChildren(-1)
      _ = try? ledger.finish()
    }
    try ledger.record(.modules(ModulesChange(sys: host.sys)))
    let kernel: KernelWatch
    do {
      let instruments = try Instruments(
        host: host, ledger: ledger, deviceGuard: deviceGuard, wanted: options.evidence,
        ueventBuffer: options.ueventBuffer,
        deadline: options.deadline)
      result.level = instruments.recording.level
      if let untraced = instruments.recording.untraced {
        result.untraced = untraced
        observer.note("the evidence is of the level \(result.level.rawValue): \(untraced)")
      }
      kernel = instruments.kernel
      if let unread = kernel.unread { observer.note("no cycle will be clean: \(unread)") }
      try race(entries, instruments)
      if instruments.isDrainStuck {
        observer.note(
          "waiting for asynchronous work that did not end, at most \(Int(Instruments.lastWait.seconds)) s"
        )
      }
      result.facts = instruments.recording.facts
      try instruments.close()
      let lossBetween = instruments.recording.lossBetweenCycles
      result.loss += lossBetween
      result.loss.recountUevents(instruments.recording.ueventTotal)
      if let lost = lossBetween.noted {
        observer.note("between cycles: \(lost)")
        observer.event(
          .evidenceLost(
            lossBetween, place: "the time between cycles", pattern: nil,
            cycle: nil))
      }
    } catch {
      restore(ledger)
      if result.isRestored { throw error }
      // That the host was not put back outweighs why.
      observer.note("\(error)")
      return result
    }
    restore(ledger)
    judgeEnd(kernel)
    return result
  }

  private func restore(_ ledger: Ledger) {
    var done = 0
    var failures: [String] = []
    for step in ledger.restoreAll(on: host) {
      switch step.outcome {
      case .failed(let error):
        result.isRestored = false
        observer.note("not put back: \(step.change): \(error)")
        failures.append("\(step.change): \(error)")
      case .leftAlone(let reason):
        observer.note("left alone: \(step.change): \(reason)")
      case .restored:
        done += 1
      case .alreadyRight, .gone, .expired:
        break
      }
    }
    observer.event(.restored(done: done, failures: failures))
  }
}

// MARK: - The race

extension Run {
  func fittingWidener(_ entry: Entry) throws -> Widener {
    switch widener(for: entry) {
    case .success(let widener): return widener
    case .failure(let obstacle): throw RunStop.skip(obstacle.reason)
    }
  }

  private func race(_ entries: [Entry], _ instruments: Instruments) throws {
    let start = MonotonicClock.now()
    let workshop = Workshop(
      sysfs: sysfs, ledger: instruments.ledger, deadline: options.deadline)
    let providers = OpenProviders(workshop)
    var quarantine = Quarantine()
    for (index, entry) in entries.enumerated() {
      let limit = limit(of: entries.count - index, since: start)
      var row = blankResult(entry)
      var raced: Subject?
      do {
        if result.isInterrupted { throw RunStop.skip("interrupted before") }
        if let limit, index > 0, limit <= MonotonicClock.now() { throw RunStop.outOfTime }
        if let reason = entry.bus.flatMap(quarantine.reason) { throw RunStop.skip(reason) }
        let widener = try fittingWidener(entry)
        row.widen = widener.rawValue
        let subject = try subject(entry, widener, providers, instruments)
        raced = subject
        row.target = subject.target
        row.driver = subject.driver.name
        try race(entry, subject, widener, instruments, until: limit, into: &row)
      } catch RunStop.unfit(let reason) {
        if isWhateverFits { continue }
        row.skipReason = reason
      } catch RunStop.skip(let reason) {
        if row.cycles == 0 {
          row.skipReason = reason
        } else {
          row.endedEarly = reason
          observer.note("\(row.name) on \(row.target) ended after \(row.cycles) cycles: \(reason)")
        }
      } catch RunStop.outOfTime {
        row.endedEarly = "its turn did not come in the time that was given (--duration)"
      } catch RunStop.damaged(let damage) {
        end(&row, because: damage)
        observer.note("\(row.name) on \(row.target): \(damage.text)")
      } catch RunStop.hang(let verb) {
        instruments.kernel.notePreparation()
        hang(verb, raced != nil, &row)
      } catch RunStop.interrupted {
        result.isInterrupted = true
      } catch {
        row.endedEarly = "\(error)"
        observer.note("\(row.name) on \(row.target): \(error)")
      }
      if let verb = instruments.hungVerb {
        if let raced { quarantine.add(raced, because: verb) }
        instruments.forgetHang()
        observer.note(
          "\(verb.verb.rawValue) of \(verb.object) hung; what else is on its bus is not raced any more"
        )
      }
      judgeAfterwards(instruments.kernel, &row)
      result.patterns.append(row)
      observer.event(.pattern(row))
    }
  }

  /// When the entry has to end: an even share of the time that is left.
  private func limit(of left: Int, since start: Time) -> Time? {
    guard case .duration(let duration) = options.amount else { return nil }
    let now = MonotonicClock.now()
    let rest = max(0, duration.nanoseconds - (now - start))
    return Time(nanoseconds: now.nanoseconds + rest / Int64(left))
  }

  private func subject(
    _ entry: Entry, _ widener: Widener, _ providers: OpenProviders, _ instruments: Instruments
  ) throws -> Subject {
    switch entry.source {
    case .nothing(let reason):
      throw RunStop.skip(reason)
    case .provider(let provider):
      return try providers.open(provider).subject(for: entry.pattern, widener)
    case .device(let device):
      return try SubjectFinder(sysfs: sysfs)
        .subject(present(device), ledger: instruments.ledger, deadline: options.deadline)
    }
  }

  private func race(
    _ entry: Entry, _ subject: Subject, _ widener: Widener, _ instruments: Instruments,
    until limit: Time?, into row: inout PatternResult
  ) throws {
    let pattern = entry.pattern
    let start = MonotonicClock.now()
    defer { row.seconds = Double(MonotonicClock.now() - start) / 1e9 }
    var runner = CycleRunner(
      pattern, subject, widener, instruments, options, columns: result.columns, seed: result.seed,
      replayed: entry.replayed)
    try claimants.wait(subject.made)
    // What is done before the first cycle binds and unbinds as well, and what is done after the last.
    try pauseUdev(instruments)
    defer { try? instruments.udev.end() }
    try runner.rehearse { try self.guardAgainstUse(pattern, subject) }
    defer { putBack(runner, row.name) }
    try judgeBeforehand(instruments.kernel, row)
    while !isEnough(row.cycles, of: cycles(of: entry), limit) {
      if observer.isInterrupted() { throw RunStop.interrupted }
      try pauseUdev(instruments)
      let (judgement, evidence) = try runner.cycle(row.cycles + 1) {
        try self.guardAgainstUse(pattern, subject)
      }
      row.cycles += 1
      row.delays = runner.delaysUsed
      row.hits += judgement.isHit ? 1 : 0
      let verdicts = [judgement.verdict] + judgement.findings.map(\.verdict)
      row.verdicts[result.columns.worst(of: verdicts) ?? judgement.verdict, default: 0] += 1
      lastCycle = LastCycle(evidence: evidence, verdicts: verdicts)
      result.loss += evidence.loss
      tell(evidence.loss, of: row)
      if row.hits == 0, judgement.verdict == .missed,
        let reason = Premise.broken(evidence, order: pattern.order)
      {
        // What is not possible here was not missed. What was lost meanwhile stays lost.
        (row.cycles, row.verdicts) = (0, [:])
        throw RunStop.skip(reason)
      }
      say(judgement.notes + [evidence.loss.noted].compactMap { $0 }, of: row)
      say(instruments.recording.takeStandstills(), of: row)
      row.asynchronousBy = subject.driver.asynchronousBy(pattern.mode)
      keep(judgement.findings.map { $0.asynchronous(by: row.asynchronousBy) })
      try observer.evidence(evidence, pattern.id, row.cycles)
      observer.progress(
        RunObserver.Step(
          pattern: pattern.name, target: subject.target, cycle: row.cycles, hits: row.hits,
          findings: row.cycles - (row.verdicts[.clean] ?? 0) - (row.verdicts[.missed] ?? 0)))
      if instruments.hasHung { return }
      if instruments.isDrainStuck {
        throw RunStop.skip("asynchronous work did not end in time, and nobody knows when it will")
      }
    }
  }

  private func pauseUdev(_ instruments: Instruments) throws {
    do throws(SystemError) {
      try instruments.udev.begin()
    } catch {
      throw RunStop.skip("udevd does not let go of devices: \(error)")
    }
  }

  private func putBack(_ runner: CycleRunner, _ name: String) {
    do {
      try runner.putBack()
    } catch {
      // The ledger puts back what this did not.
      observer.note("\(name): the next race may not find the device as it was: \(error)")
    }
  }

  /// How many there will be; nil where the time decides.
  func cycles(of entry: Entry) -> Int? {
    if let replayed = entry.replayed { return replayed.cycles }
    switch options.amount {
    case .cycles(let wanted): return max(1, wanted / entry.pattern.share)
    case .duration: return nil
    }
  }

  private func isEnough(_ cycles: Int, of wanted: Int?, _ limit: Time?) -> Bool {
    if let wanted { return cycles >= wanted }
    return cycles > 0 && limit.map { MonotonicClock.now() >= $0 } ?? true
  }

  func keep(_ findings: [Finding]) {
    for finding in findings {
      observer.event(.finding(finding))
      let alike = result.findings.count {
        $0.verdict == finding.verdict && $0.device == finding.device
          && $0.pattern == finding.pattern
      }
      if alike < Self.keptFindings { result.findings.append(finding) }
    }
  }

  /// A verb outside of a race hung: that is a finding all the same, unless the devices were still to be made.
  private func hang(_ verb: VerbRecord, _ isMade: Bool, _ row: inout PatternResult) {
    let evidence = CycleEvidence(
      level: result.level, bus: String(row.target.prefix { $0 != "/" }), name: verb.object,
      driver: row.driver, devpath: "", ownProcesses: [], verbs: [verb],
      deadline: options.deadline.nanoseconds, trace: [], uevents: [], loss: EvidenceLoss(),
      isDrained: false, driverAtEnd: nil)
    var findings = Judgement(evidence, order: .unboundAndBound).findings
    if !isMade, var damage = findings.first {
      damage.verdict = .inconclusive
      damage.pattern = row.name
      return end(&row, because: damage)
    }
    row.cycles += 1
    row.verdicts[.hang, default: 0] += 1
    for index in findings.indices {
      findings[index].pattern = row.name
      findings[index].cycle = row.cycles
    }
    keep(findings)
    lastCycle = LastCycle(evidence: evidence, verdicts: [.hang])
  }
}
