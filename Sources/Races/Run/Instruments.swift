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
  private let trace: TraceSession?
  private let traceChanges: [Change]
  private let uevents: UeventCollector
  private let barrier: DrainBarrier?
  private let deadline: Duration
  private var racer: Racer
  private(set) var hasHung = false
  private(set) var mask: WorkqueueMask?

  /// Sets up what the host allows. `wanted` nil takes the strongest evidence.
  ///
  /// - Throws: `RunFailure` where the evidence wanted is not to be had here.
  init(
    sysfs: Sysfs, ledger: Ledger, deviceGuard: Guard, wanted: EvidenceLevel?, ueventBuffer: Int,
    deadline: Duration
  ) throws {
    self.sysfs = sysfs
    self.ledger = ledger
    self.deviceGuard = deviceGuard
    self.deadline = deadline
    let name = TraceSession.name(pid: getpid())
    traceChanges = [
      .kprobeGroup(KprobeGroupChange(name)), .traceInstance(TraceInstanceChange(name)),
    ]
    uevents = try UeventCollector(sysfs, bufferSize: ueventBuffer)
    racer = try Racer(sysfs: sysfs.root.path)
    barrier = try DrainBarrier(sysfs, ledger: ledger, deadline: deadline)
    if wanted == nil || wanted == .trace {
      trace = try Self.startTrace(name, traceChanges, ledger, isWanted: wanted == .trace)
    } else {
      trace = nil
    }
    level = trace == nil ? wanted ?? .uevent : .trace
  }

  /// The trace, where every place that a verdict rests on can be probed.
  private static func startTrace(
    _ name: String, _ changes: [Change], _ ledger: Ledger, isWanted: Bool
  ) throws -> TraceSession? {
    for change in changes { try ledger.record(change) }
    var reason: String
    do throws(SystemError) {
      let trace = try TraceSession(
        tracefs: try Directory("/sys/kernel/tracing"), name: name,
        bufferKilobytes: bufferKilobytes)
      if trace.level == .trace { return trace }
      reason = trace.missing.map { "\($0.function): \($0.error.reason)" }.joined(separator: ", ")
      trace.close()
    } catch {
      reason = error.description
    }
    if isWanted { throw RunFailure("evidence of the level trace is not to be had: \(reason)") }
    return nil
  }

  /// Of each CPU's ring: 64 MiB in all, as far as that is sensible.
  private static var bufferKilobytes: Int {
    max(1024, min(8192, 65536 / max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  /// Runs a program. Its verbs that did not return in time have no end.
  func run(_ program: RacerProgram) throws -> RacerResults {
    switch try racer.run(program, deadline: deadline) {
    case .finished(let results):
      return results
    case .hung(let results):
      hasHung = true
      return results
    }
  }

  /// Runs steps outside of a race, one after the other. Throws a hang, and what the last verb said.
  func perform(_ steps: [RacerProgram.Step]) throws {
    let results = try run(
      RacerProgram(threads: [.init(steps: steps, isRacing: false)], spin: nil))
    if hasHung, let hung = results.verbs.first(where: { $0.end == nil }) {
      throw RunStop.hang(hung)
    }
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
    if let barrier { return try barrier.drain(deadline: deadline * Verb.moduleDeadlines) }
    usleep(UInt32(clamping: window.nanoseconds / 1000))
    return false
  }

  /// What was recorded of a device since the last call, and what was lost meanwhile.
  func collect(devpath: String) throws -> (
    trace: [TraceRecord], uevents: [Uevent], loss: EvidenceLoss
  ) {
    let traced = try trace?.collect()
    let received = try uevents.collect(devpath: devpath)
    var loss = received.loss
    if let traced { loss += traced.loss }
    return (traced?.records ?? [], received.events, loss)
  }

  /// Threads and processes of ours besides the racing ones.
  var processes: [Int32] { [getpid(), racer.pid] }

  /// Puts the recorders away.
  func close() throws {
    guard let trace else { return }
    trace.close()
    for change in traceChanges.reversed() { try ledger.close(change) }
  }
}
