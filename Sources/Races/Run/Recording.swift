internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety
internal import KernelTrace
internal import Verdicts

/// What is recorded of a run: the trace and the uevents.
///
/// The trace goes on as long as a row runs; cycles are cut from it. So nothing is missed between two of
/// them, and what is pending is known.
final class Recording {
  let level: EvidenceLevel
  /// Why there is no trace; nil where there is one, or none was wanted.
  let untraced: String?
  /// What was lost while no cycle ran: no verdict rests on it, and it is said all the same.
  private(set) var lossBetweenCycles = EvidenceLoss()
  /// Why the trace was found standing still, a sentence each, until they are told.
  private var standstills: [String] = []

  private let host: Host
  private let trace: TraceRecorder?
  private let uevents: UeventCollector
  private var asyncWork = AsyncWork()
  /// What came of the trace since the cycle began, and what was lost of it.
  private var records: [TraceRecord] = []
  private var loss = EvidenceLoss()
  /// Nil while nothing is raced.
  private var row: Row?
  private var mustRemake = false
  /// Since when records are kept back that wait for a stack.
  private var waitingSince: Time?
  /// True where something was not told that should have been, and there is another way to tell it.
  private(set) var isToTryAgain = false

  private struct Row {
    let device: Device
    let driver: String
  }

  /// What was recorded, in the order of facts.
  struct Records {
    var trace: [TraceRecord]
    var uevents: [Uevent]
    var loss: EvidenceLoss
  }

  /// Sets up what the host allows. `wanted` nil takes the strongest evidence.
  ///
  /// - Throws: `RunFailure` where the evidence wanted is not to be had here.
  init(
    host: Host, ledger: Ledger, wanted: EvidenceLevel?, ueventBuffer: Int
  ) throws {
    self.host = host
    uevents = try UeventCollector(Sysfs(root: host.sys), bufferSize: ueventBuffer)
    if wanted == nil || wanted == .trace {
      (trace, untraced) = try Self.startTrace(host, ledger, isWanted: wanted == .trace)
    } else {
      (trace, untraced) = (nil, nil)
    }
    level = trace == nil ? wanted == .sysfs ? .sysfs : .uevent : .trace
  }

  /// The trace, where what every attach is judged by can be told; else why not.
  private static func startTrace(_ host: Host, _ ledger: Ledger, isWanted: Bool) throws
    -> (TraceRecorder?, untraced: String?)
  {
    let reason: String
    do throws(SystemError) {
      let trace = try TraceRecorder(host: host, ledger: ledger)
      guard let obstacle = trace.session.obstacle else { return (trace, nil) }
      reason = obstacle
      trace.close(on: host)
    } catch {
      reason = error.description
    }
    if isWanted { throw RunFailure("evidence of the level trace is not to be had: \(reason)") }
    return (nil, reason)
  }

  /// How each fact is told here; empty without a trace.
  var facts: [FactSource] { trace?.session.facts ?? [] }

  /// Facts of which the absence of a record says nothing; nil without a trace.
  var untold: [UntoldFact]? { trace?.session.untold }

  /// Why the trace was found standing still since the last call.
  func takeStandstills() -> [String] {
    defer { standstills = [] }
    return standstills
  }
}

// MARK: - Rows and cycles

extension Recording {
  /// Records from now on, for races of that driver on that device.
  func begin(_ device: Device, driver: String) throws {
    row = Row(device: device, driver: driver)
    asyncWork = AsyncWork()
    records = []
    try trace?.session.start()
  }

  /// All asynchronous work that was scheduled before has ended, by a barrier.
  func noteBarrier() { asyncWork.endAll() }

  /// True where the trace knows all that can be pending.
  var isWhole: Bool {
    guard let row, trace != nil else { return false }
    return asyncWork.isWhole(device: row.device.name, driver: row.driver)
  }

  /// What is recorded from now on is a cycle's.
  func beginCycle() throws {
    try drop()
    lossBetweenCycles += try uevents.watch(row?.device.devpath)
    guard mustRemake, let trace else { return }
    mustRemake = false
    asyncWork = AsyncWork()
    if try !trace.session.remake() { mustRemake = true }
  }

  /// What was recorded since the cycle began, and what was lost meanwhile.
  ///
  /// - Parameters:
  ///   - verbs: what bindrace did in it.
  ///   - isQuiet: nothing was raced.
  func take(hearing verbs: [VerbRecord], isQuiet: Bool = true) throws -> Records {
    try takeTrace()
    isToTryAgain = hear(verbs, isQuiet: isQuiet)
    let received = try uevents.collect()
    defer { (records, loss) = ([], EvidenceLoss()) }
    return Records(trace: records, uevents: received.events, loss: loss + received.loss)
  }

  /// The last cycle is over, and so is what follows it.
  func end() throws {
    guard row != nil else { return }
    try drop()
    row = nil
    lossBetweenCycles += try uevents.watch(nil)
    try trace?.session.pause()
  }

  private func drop() throws {
    try takeTrace()
    // What the kernel does by itself is told at any time.
    hear([], isQuiet: false)
    lossBetweenCycles += loss
    (records, loss) = ([], EvidenceLoss())
  }

  private func takeTrace() throws {
    guard let trace, row != nil else { return }
    let taken = try trace.session.takeWhole()
    note(taken.records)
    loss += taken.loss
    guard taken.loss.traceStopped > 0 else { return }
    mustRemake = true
    standstills.append(trace.session.standstillReason)
  }

  private func note(_ new: [TraceRecord]) {
    for record in new.sortedByTime { asyncWork.note(record) }
    records += new
  }

  /// Which facts the records of the cycle told; where verbs of ours should have been told and were not,
  /// that is another way to try.
  ///
  /// - Parameter isQuiet: nothing was raced.
  /// - Returns: true where another way is to be tried.
  @discardableResult
  private func hear(_ verbs: [VerbRecord], isQuiet: Bool) -> Bool {
    // Records of two CPUs can come in the wrong order from a recording that goes on.
    records = records.sortedByTime
    guard let trace else { return false }
    let testimony = Testimony(trace: records, verbs: verbs, isQuiet: isQuiet)
    trace.session.confirm(testimony.told)
    // What stands still is silent too, and has other reasons.
    if loss.isTraceLost || trace.session.isStandingStill { return false }
    return (try? trace.session.refute(testimony.silent)) ?? false
  }

  /// What became of all uevents since the beginning.
  var ueventTotal: EvidenceLoss { uevents.total }

  /// The last thing that was announced of the device since the cycle began.
  func lastAction() throws -> Uevent.Action? { try uevents.lastAction() }

  /// Puts the recorders away.
  func close() throws {
    lossBetweenCycles += try uevents.watch(nil)
    trace?.close(on: host)
  }
}

// MARK: - Asynchronous work

extension Recording {
  /// What of asynchronous work the trace knows to be pending.
  enum Pending {
    case nothing, something
    /// The trace cannot tell, with the reason.
    case unknown(String)
  }

  /// How long a record is kept back that waits for its stack.
  private static let stackPatience: Int64 = 1_000_000_000

  private func readOn(_ trace: TraceRecorder) throws -> [TraceRecord] {
    let now = MonotonicClock.now()
    let isLate = waitingSince.map { now - $0 > Self.stackPatience } ?? false
    let new = try trace.session.takeOn(isDone: isLate)
    waitingSince = trace.session.isWaiting ? waitingSince ?? now : nil
    note(new)
    return new
  }

  /// Reads on, and looks whether the deferred worker is still to do what it was triggered for; false where
  /// this kernel does not tell.
  func isRetryPending() throws -> Bool {
    guard let trace else { return false }
    _ = try readOn(trace)
    let untold = trace.session.untold
    return untold[.worker] == nil && untold[.retry] == nil && asyncWork.isRetryPending
  }

  /// Reads on, and looks.
  func pending() throws -> Pending {
    guard let trace else { return .unknown("there is no trace") }
    let new = try readOn(trace)
    if asyncWork.isPending { return .something }
    if !new.isEmpty && trace.session.untold[.schedule] != nil { hear([], isQuiet: false) }
    if let reason = trace.session.untold[.schedule] {
      return .unknown("\(Fact.schedule.words) is not told: \(reason)")
    }
    return isWhole
      ? .nothing : .unknown("what was pending before the recording began is not known")
  }
}

extension [TraceRecord] {
  /// In the order of time; those of one time as they stand.
  var sortedByTime: [TraceRecord] {
    enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }.map(\.element)
  }
}
