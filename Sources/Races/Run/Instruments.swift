internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety
internal import KernelTrace

/// What a run holds from its begin to its end: the recorders, the drain barrier and the racer.
final class Instruments {
  let sysfs: Sysfs
  let ledger: Ledger
  let deviceGuard: Guard
  let kernel: KernelWatch
  private let host: Host
  let recording: Recording
  private let barrier: DrainBarrier?
  let udev: UdevPause
  private let deadline: Duration
  /// Nil where the last one was abandoned, or ended.
  private var racer: Racer?
  /// The verb in which a racer hung since `forgetHang()`.
  private(set) var hungVerb: VerbRecord?
  /// Threads and processes of ours besides the racing ones.
  private(set) var processes = [getpid()]
  /// True where asynchronous work that the trace knows of did not end in time.
  private var isTraceStuck = false
  private(set) var mask: WorkqueueMask?
  let modes = DriverModes()

  /// Sets up what the host allows. `wanted` nil takes the strongest evidence.
  ///
  /// - Throws: `RunFailure` where the evidence wanted is not to be had here.
  init(
    host: Host, ledger: Ledger, deviceGuard: Guard, wanted: EvidenceLevel?, ueventBuffer: Int,
    deadline: Duration
  ) throws {
    self.host = host
    sysfs = Sysfs(root: host.sys)
    self.ledger = ledger
    self.deviceGuard = deviceGuard
    self.deadline = deadline
    kernel = KernelWatch(host, ledger)
    recording = try Recording(
      host: host, ledger: ledger, wanted: wanted, ueventBuffer: ueventBuffer)
    udev = UdevPause(host, ledger: ledger)
    barrier = try DrainBarrier(sysfs, ledger: ledger, deadline: deadline)
    _ = try startedRacer()
  }

  /// Runs a program. Its verbs that did not return in time have no end.
  func run(_ program: RacerProgram) throws -> RacerResults {
    let racer = try startedRacer()
    self.racer = nil
    switch try racer.run(program, deadline: deadline) {
    case .finished(let results):
      self.racer = racer
      return results
    case .hung(let results):
      hungVerb = results.verbs.first { $0.end == nil }
      return results
    }
  }

  /// The racer; another one where the last is of no use any more.
  private func startedRacer() throws(SystemError) -> Racer {
    if let racer { return racer }
    let new = try Racer(sysfs: sysfs.root.path, proc: host.proc)
    processes.append(new.pid)
    racer = new
    return new
  }

  var hasHung: Bool { hungVerb != nil }

  /// What is raced next has nothing to do with it.
  func forgetHang() { hungVerb = nil }

  /// Runs steps outside of a race, one after the other. Throws a hang, and what the last verb said.
  ///
  /// - Parameter allowed: an errno with which a verb may fail.
  @discardableResult
  func perform(_ steps: [RacerProgram.Step], allowing allowed: Int32? = nil) throws -> [VerbRecord]
  {
    let results = try run(
      RacerProgram(threads: [.init(steps: steps, isRacing: false)], spin: nil))
    if let hungVerb { throw RunStop.hang(hungVerb) }
    if let failed = results.verbs.first(where: {
      !$0.succeeded && ($0.errno == nil || $0.errno != allowed)
    }) {
      throw SystemError(failed.verb.rawValue, failed.object, failed.errno ?? EIO)
    }
    // delete_module() ends in async_synchronize_full().
    let unloads = steps.contains {
      if case .module(let verb) = $0 { verb.verb == .unload } else { false }
    }
    if unloads { recording.noteBarrier() }
    return results.verbs
  }

  /// The mask of the workqueues, ready to be narrowed.
  func workqueueMask() throws -> WorkqueueMask {
    if let mask { return mask }
    let new = try WorkqueueMask(sysfs, ledger: ledger)
    mask = new
    return new
  }

  /// Waits for a BIND of the device that nothing followed: as long as the window, and once a probe has
  /// begun until its end. The device is the one that is recorded.
  func awaitAttach(of device: Device, window: Duration) throws {
    let start = MonotonicClock.now()
    while MonotonicClock.now() - start < deadline.nanoseconds {
      if try recording.lastAction() == .bind { return }
      let isOver = MonotonicClock.now() - start >= window.nanoseconds
      // The link is there before the probe runs (really_probe()).
      if isOver, try sysfs.driver(of: device) == nil { return }
      usleep(2000)
    }
  }

  /// Waits until the deferred worker has done what it was triggered for, as far as the trace tells: without a
  /// barrier of its own, only its records say so. A probe in it that takes longer is left to the verdict.
  func awaitRetries() throws {
    let start = MonotonicClock.now()
    while try recording.isRetryPending(), MonotonicClock.now() - start < Self.tracePatience {
      usleep(2000)
    }
  }

  /// Reads an attribute whose show function waits for the device's lock.
  func readWaiting(_ path: String) throws -> String {
    try host.actions.readWaiting(sysfs.root.object(path))
  }

  /// Asks for the probes of others' devices that the kernel left out while a bus found no drivers.
  func probeMissed(_ change: AutoprobeChange) throws { try change.probeMissed(on: host) }

  /// How long the end of asynchronous work that is stuck is waited for when all is put back.
  static let lastWait: Duration = .seconds(120)

  /// Counts what came last, and puts the recorders away.
  func close() throws {
    udev.close()
    barrier?.waitForStuck(Self.lastWait)
    try recording.close()
  }
}

// MARK: - The end of asynchronous work

extension Instruments {
  /// Whether a module serves as barrier on this host.
  var hasBarrier: Bool { barrier != nil }

  /// Waits for all asynchronous work that was scheduled before, so that the trace knows from here on what is
  /// pending.
  func waitForEarlierWork() throws {
    if let barrier, try barrier.drain() { recording.noteBarrier() }
  }

  /// How long the trace alone is relied upon where there is another way.
  private static let tracePatience: Int64 = 5_000_000_000

  /// Waits for the end of all asynchronous work, which the trace proves: every helper that was scheduled has
  /// returned. Where it cannot tell, a module is loaded and removed as barrier; without either, `window` is
  /// waited.
  ///
  /// - Returns: nil where it has ended, else why that is not known, as a sentence.
  func drain(window: Duration) throws -> String? {
    let start = MonotonicClock.now()
    var reason = ""
    // Work may only just have begun that tells how it is scheduled.
    let patience = barrier == nil ? window.nanoseconds : 0
    while true {
      let waited = MonotonicClock.now() - start
      switch try recording.pending() {
      case .nothing:
        isTraceStuck = false
        return nil
      case .something where barrier != nil && waited >= Self.tracePatience:
        return try drainByModule("asynchronous probes are still under way", window)
      case .something:
        if waited >= deadline.nanoseconds * Int64(Verb.moduleDeadlines) {
          isTraceStuck = true
          return "Asynchronous probes were still under way after \(waited / 1_000_000_000) s."
        }
      case .unknown(let why):
        reason = why
        if waited >= patience { return try drainByModule(reason, window) }
      }
      usleep(2000)
    }
  }

  private func drainByModule(_ reason: String, _ window: Duration) throws -> String? {
    guard let barrier else {
      usleep(UInt32(clamping: window.nanoseconds / 1000))
      return
        "When asynchronous work has ended is not known: no module serves as barrier on this host, and by the trace \(reason)."
    }
    if try barrier.drain() {
      recording.noteBarrier()
      return nil
    }
    return "Asynchronous work that module \(barrier.name) waits for did not end in time."
  }

  /// True where asynchronous work did not end in time; nobody knows when it will.
  var isDrainStuck: Bool { isTraceStuck || barrier?.isStuck ?? false }
}
