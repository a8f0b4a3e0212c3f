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
  let level: EvidenceLevel
  let kernel: KernelWatch
  private let host: Host
  private let trace: TraceRecorder?
  private let uevents: UeventCollector
  private let barrier: DrainBarrier?
  let udev: UdevPause
  private let deadline: Duration
  /// Nil where the last one was abandoned, or ended.
  private var racer: Racer?
  /// The verb in which a racer hung since `forgetHang()`.
  private(set) var hungVerb: VerbRecord?
  /// Threads and processes of ours besides the racing ones.
  private(set) var processes = [getpid()]
  private var isRecording = false
  /// What was lost while no cycle ran: no verdict rests on it, and it is said all the same.
  private(set) var lossBetweenCycles = EvidenceLoss()
  private(set) var mask: WorkqueueMask?
  let modes = DriverModes()

  /// What was recorded, in the order of facts.
  struct Records {
    var trace: [TraceRecord]
    var uevents: [Uevent]
    var loss: EvidenceLoss

    /// What was recorded first, and then.
    static func + (first: Records, then: Records) -> Records {
      Records(
        trace: first.trace + then.trace, uevents: first.uevents + then.uevents,
        loss: first.loss + then.loss)
    }
  }

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
    uevents = try UeventCollector(sysfs, bufferSize: ueventBuffer)
    udev = UdevPause(host, ledger: ledger)
    barrier = try DrainBarrier(sysfs, ledger: ledger, deadline: deadline)
    if wanted == nil || wanted == .trace {
      trace = try Self.startTrace(host, ledger, isWanted: wanted == .trace)
    } else {
      trace = nil
    }
    level = trace == nil ? wanted ?? .uevent : .trace
    _ = try startedRacer()
  }

  /// The trace, where every place that a verdict rests on can be probed.
  private static func startTrace(_ host: Host, _ ledger: Ledger, isWanted: Bool) throws
    -> TraceRecorder?
  {
    let reason: String
    do throws(SystemError) {
      let trace = try TraceRecorder(tracing: host.tracing, ledger: ledger)
      if trace.session.level == .trace { return trace }
      reason = trace.session.missing.map { "\($0.function): \($0.error.reason)" }
        .joined(separator: ", ")
      trace.close(on: host)
    } catch {
      reason = error.description
    }
    if isWanted { throw RunFailure("evidence of the level trace is not to be had: \(reason)") }
    return nil
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
  func perform(_ steps: [RacerProgram.Step]) throws {
    let results = try run(
      RacerProgram(threads: [.init(steps: steps, isRacing: false)], spin: nil))
    if let hungVerb { throw RunStop.hang(hungVerb) }
    if let failed = results.verbs.first(where: { !$0.succeeded }) {
      throw SystemError(failed.verb.rawValue, failed.object, failed.errno ?? EIO)
    }
  }

  /// The mask of the workqueues, ready to be narrowed.
  func workqueueMask() throws -> WorkqueueMask {
    if let mask { return mask }
    let new = try WorkqueueMask(sysfs, ledger: ledger)
    mask = new
    return new
  }

  /// True when all asynchronous work has ended. Where the host has no barrier, waits for `window`.
  func drain(window: Duration) throws -> Bool {
    if let barrier { return try barrier.drain() }
    usleep(UInt32(clamping: window.nanoseconds / 1000))
    return false
  }

  /// True where asynchronous work did not end in time; nobody knows when it will.
  var isDrainStuck: Bool { barrier?.isStuck ?? false }

  /// Waits for a BIND of the device that nothing followed: as long as the window, and once a probe has
  /// begun until its end. The device is the one that is recorded.
  func awaitAttach(of device: Device, window: Duration) throws {
    let start = MonotonicClock.now()
    while MonotonicClock.now() - start < deadline.nanoseconds {
      if try uevents.lastAction() == .bind { return }
      let isOver = MonotonicClock.now() - start >= window.nanoseconds
      // The link is there before the probe runs (really_probe()).
      if isOver, try sysfs.driver(of: device) == nil { return }
      usleep(2000)
    }
  }

  /// Reads an attribute whose show function waits for the device's lock.
  func readWaiting(_ path: String) throws -> String {
    try host.actions.readWaiting(sysfs.root.object(path))
  }

  /// Forgets what was recorded, and records a device from now on; nothing where it is recording.
  func startRecording(of device: Device) throws {
    if isRecording { return }
    lossBetweenCycles += try uevents.watch(device.devpath)
    try trace?.session.start()
    isRecording = true
  }

  /// What was recorded since the start or the last call, and what was lost meanwhile.
  ///
  /// - Parameter goesOn: recording is not stopped, so that nothing is missed up to the next cycle.
  func takeRecords(goesOn: Bool = false) throws -> Records {
    let traced = try goesOn ? trace?.session.take() : trace?.session.stop()
    isRecording = goesOn
    let received = try uevents.collect()
    var loss = received.loss
    if let traced { loss += traced.loss }
    return Records(trace: traced?.records ?? [], uevents: received.events, loss: loss)
  }

  /// What became of all uevents since the beginning.
  var ueventTotal: EvidenceLoss { uevents.total }

  /// Drops what was recorded since the last cycle.
  func stopRecording() throws {
    if isRecording { lossBetweenCycles += try takeRecords().loss }
  }

  /// Points of the trace that this kernel does not let be probed.
  var unprobed: [TracePoint]? { trace.map(\.session.unprobed) }

  /// How long the end of asynchronous work that is stuck is waited for when all is put back.
  static let lastWait: Duration = .seconds(120)

  /// Counts what came last, and puts the recorders away.
  func close() throws {
    udev.close()
    barrier?.waitForStuck(Self.lastWait)
    lossBetweenCycles += try uevents.watch(nil)
    trace?.close(on: host)
  }
}
