import Evidence

@testable import Verdicts

/// A cycle's evidence in the words of what happened: each call adds the records that a kernel would
/// have written, in that order.
struct Story {
  static let device: UInt64 = 0xd0
  static let racer: Int32 = 10
  static let helper: Int32 = 20

  var trace: [TraceRecord] = []
  var verbs: [VerbRecord] = []
  var uevents: [Uevent] = []
  var loss = EvidenceLoss()
  var isDrained = true
  var driverAtEnd: String?
  var level: EvidenceLevel = .trace

  private var now: Int64 = 1_000_000
  private var seqnum: UInt64 = 100

  private mutating func tick() -> Time {
    now += 1_000_000
    return Time(nanoseconds: now)
  }

  mutating func add(
    _ point: TracePoint, pid: Int32, command: String, device: UInt64? = nil, name: String? = nil,
    driver: String? = nil, function: String? = nil, result: Int64? = nil, stack: [String] = []
  ) {
    trace.append(
      TraceRecord(
        time: tick(), pid: pid, command: command, point: point, device: device, name: name,
        driver: driver, function: function, result: result, stack: stack))
  }

  private mutating func uevent(_ action: Uevent.Action) {
    seqnum += 1
    uevents.append(
      Uevent(
        seqnum: seqnum, action: action, devpath: "/devices/x/0:0:0:0", subsystem: "scsi",
        driver: action == .bind ? "sd" : nil, received: tick()))
  }

  // MARK: What the kernel does

  mutating func attached(
    pid: Int32, command: String, by stack: [String], device: UInt64 = Story.device
  ) {
    add(
      .reallyProbe, pid: pid, command: command, device: device, name: "0:0:0:0", driver: "sd")
    add(
      .bound, pid: pid, command: command, device: device, name: "0:0:0:0",
      stack: ["driver_bound", "really_probe"] + stack)
    uevent(.bind)
    driverAtEnd = "sd"
  }

  mutating func scheduled(
    _ function: String = "__device_attach_async_helper", pid: Int32 = 5, command: String = "sh"
  ) {
    add(.schedule, pid: pid, command: command, device: Self.device, function: function)
  }

  mutating func helperStarts(pid: Int32 = Story.helper) {
    add(
      .deviceHelper, pid: pid, command: "kworker/u8:1", device: Self.device, name: "0:0:0:0")
  }

  mutating func helperAttaches(pid: Int32 = Story.helper) {
    attached(
      pid: pid, command: "kworker/u8:1",
      by: ["__device_attach_async_helper", "async_run_entry_fn", "worker_thread", "kthread"])
  }

  mutating func helperEnds(pid: Int32 = Story.helper) {
    add(.deviceHelperReturn, pid: pid, command: "kworker/u8:1")
  }

  /// All of a helper that attaches.
  mutating func helperRuns() {
    helperStarts()
    helperAttaches()
    helperEnds()
  }

  mutating func detached(pid: Int32, command: String) {
    add(.release, pid: pid, command: command, device: Self.device, name: "0:0:0:0")
    add(.cleanup, pid: pid, command: command, device: Self.device, name: "0:0:0:0")
    uevent(.unbind)
    driverAtEnd = nil
  }

  // MARK: What somebody writes

  mutating func bind(
    pid: Int32 = Story.racer, command: String = "bindrace-race", error: Int32 = 0
  ) {
    let start = tick()
    add(.bindStore, pid: pid, command: command, name: "0:0:0:0", driver: "sd")
    if error == 0 { attached(pid: pid, command: command, by: ["bind_store", "vfs_write"]) }
    add(.bindStoreReturn, pid: pid, command: command, result: error == 0 ? 7 : -Int64(error))
    if pid == Self.racer { verb(.bind, start, error) }
  }

  mutating func unbind(
    pid: Int32 = Story.racer, command: String = "bindrace-race", error: Int32 = 0
  ) {
    let start = tick()
    add(.unbindStore, pid: pid, command: command, name: "0:0:0:0", driver: "sd")
    if error == 0 { detached(pid: pid, command: command) }
    add(.unbindStoreReturn, pid: pid, command: command, result: error == 0 ? 7 : -Int64(error))
    if pid == Self.racer { verb(.unbind, start, error) }
  }

  mutating func verb(_ verb: Verb, _ start: Time, _ error: Int32?) {
    verbs.append(
      VerbRecord(
        verb: verb, object: "0:0:0:0", pid: Self.racer, start: start,
        end: error == nil ? nil : tick(), errno: error))
  }

  // MARK: What it comes to

  /// The race of the project: a helper scheduled before the detach attaches after it.
  static var lateAttach: Story {
    var story = Story()
    story.scheduled()
    story.bind()
    story.unbind()
    story.helperRuns()
    return story
  }

  var evidence: CycleEvidence {
    CycleEvidence(
      level: level, bus: "scsi", name: "0:0:0:0", driver: "sd", devpath: "/devices/x/0:0:0:0",
      ownProcesses: [Self.racer, 11], verbs: verbs, deadline: 30_000_000_000, trace: trace,
      uevents: uevents, loss: loss, isDrained: isDrained, driverAtEnd: driverAtEnd)
  }

  func judged(_ order: WantedOrder) -> Judgement { Judgement(evidence, order: order) }
}
