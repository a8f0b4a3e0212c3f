import Evidence

@testable import Verdicts

/// A cycle's evidence in the words of what happened: each call adds the records that a kernel would
/// have written, in that order.
struct Story {
  static let device: UInt64 = 0xd0
  /// A second device of the bus: a supplier, a consumer, or one that is bound for the trigger.
  static let other: UInt64 = 0xe0
  static let racer: Int32 = 10
  static let second: Int32 = 11
  static let third: Int32 = 12
  /// A modprobe of ours.
  static let child: Int32 = 13
  static let helper: Int32 = 20
  /// The deferred worker's thread.
  static let worker: Int32 = 30
  static let stranger: Int32 = 99

  var trace: [TraceRecord] = []
  var verbs: [VerbRecord] = []
  var uevents: [Uevent] = []
  var loss = EvidenceLoss()
  var isDrained = true
  var undrained: String?
  var driverAtStart: String?
  var driverAtEnd: String?
  var rival: String?
  var untold: [UntoldFact]?
  var kernel: KernelEvidence?
  var level: EvidenceLevel = .trace

  private var now: Int64 = 1_000_000
  private var seqnum: UInt64 = 100
  /// When the verb began that a thread is in.
  private var begun: [Int32: Time] = [:]

  mutating func tick() -> Time {
    now += 1_000_000
    return Time(nanoseconds: now)
  }

  mutating func add(
    _ point: TracePoint, pid: Int32, command: String? = nil, device: UInt64? = nil,
    name: String? = nil, driver: String? = nil, function: String? = nil, result: Int64? = nil,
    stack: [String] = []
  ) {
    trace.append(
      TraceRecord(
        time: tick(), pid: pid, command: command ?? Self.command(pid), point: point,
        device: device, name: name, driver: driver, function: function, result: result,
        stack: stack))
  }

  mutating func uevent(_ action: Uevent.Action) {
    seqnum += 1
    uevents.append(
      Uevent(
        seqnum: seqnum, action: action, devpath: "/devices/x/0:0:0:0", subsystem: "scsi",
        driver: action == .bind ? "sd" : nil, received: tick()))
  }

  static func name(_ device: UInt64) -> String { device == other ? "0:0:0:1" : "0:0:0:0" }

  static func command(_ pid: Int32) -> String {
    switch pid {
    case racer, second, third: "bindrace-race"
    case child: "modprobe"
    case helper: "kworker/u8:1"
    case worker: "kworker/u8:2"
    default: "sh"
    }
  }

  // MARK: What somebody writes

  /// A verb's entry into the kernel.
  ///
  /// - Parameter value: the driver that is bound, unbound, loaded or unloaded; what is written into
  ///   driver_override or drivers_autoprobe.
  mutating func begins(
    _ verb: Verb, pid: Int32 = Story.racer, command: String? = nil, value: String = "sd",
    device: UInt64 = Story.device
  ) {
    begun[pid] = tick()
    guard let point = verb.entry else { return }
    let isDriver = verb == .load || verb == .unload || verb == .driversAutoprobe
    let isWritten = [.bind, .unbind, .driversProbe].contains(verb)
    add(
      point, pid: pid, command: command, device: isDriver || isWritten ? nil : device,
      name: verb == .driversAutoprobe ? "scsi" : isDriver ? nil : Self.name(device),
      driver: [.driversProbe, .scan, .remove].contains(verb) ? nil : value)
  }

  /// Its return.
  mutating func returns(
    _ verb: Verb, pid: Int32 = Story.racer, command: String? = nil, error: Int32 = 0,
    device: UInt64 = Story.device
  ) {
    let count: Int64? =
      switch verb {
      case .remove, .unload: nil
      case .driverOverride, .load, .scan: 0
      default: 7
      }
    if let exit = verb.exit {
      add(exit, pid: pid, command: command, result: error == 0 ? count : -Int64(error))
    }
    if evidence.ownProcesses.contains(pid) {
      self.verb(verb, begun[pid] ?? tick(), error, pid: pid, object: Self.name(device))
    }
  }

  mutating func bind(
    pid: Int32 = Story.racer, command: String? = nil, error: Int32 = 0, driver: String = "sd",
    device: UInt64 = Story.device
  ) {
    begins(.bind, pid: pid, command: command, value: driver, device: device)
    if error == 0 {
      attached(pid: pid, command: command, by: .bind, driver: driver, device: device)
    }
    returns(.bind, pid: pid, command: command, error: error, device: device)
  }

  mutating func unbind(
    pid: Int32 = Story.racer, command: String? = nil, error: Int32 = 0, driver: String = "sd",
    device: UInt64 = Story.device
  ) {
    begins(.unbind, pid: pid, command: command, value: driver, device: device)
    if error == 0 { detached(pid: pid, command: command, device: device) }
    returns(.unbind, pid: pid, command: command, error: error, device: device)
  }

  /// A verb that needs no more than to have been written.
  mutating func writes(
    _ verb: Verb, pid: Int32 = Story.racer, value: String = "sd", error: Int32 = 0
  ) {
    begins(verb, pid: pid, value: value)
    returns(verb, pid: pid, error: error)
  }

  mutating func verb(
    _ verb: Verb, _ start: Time, _ error: Int32?, pid: Int32 = Story.racer,
    object: String = "0:0:0:0"
  ) {
    verbs.append(
      VerbRecord(
        verb: verb, object: object, pid: pid, start: start, end: error == nil ? nil : tick(),
        errno: error))
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

  /// An unbind that waits for our removal.
  static var unbindDuringRemoval: Story {
    var story = Story()
    story.driverAtStart = "sd"
    story.begins(.remove)
    story.releaseBegins(pid: racer)
    story.begins(.unbind, pid: second)
    story.releaseBegins(pid: second)
    story.cleansUp(pid: racer)
    story.returns(.unbind, pid: second)
    story.returns(.remove)
    return story
  }

  var evidence: CycleEvidence {
    CycleEvidence(
      level: level, bus: "scsi", name: "0:0:0:0", driver: "sd", devpath: "/devices/x/0:0:0:0",
      ownProcesses: [Self.racer, Self.second, Self.third, Self.child], verbs: verbs,
      deadline: 30_000_000_000, trace: trace, uevents: uevents, loss: loss, isDrained: isDrained,
      driverAtEnd: driverAtEnd, driverAtStart: driverAtStart, other: Self.name(Self.other),
      rival: rival, untold: untold, undrained: undrained, kernel: kernel)
  }

  func judged(_ order: WantedOrder) -> Judgement { Judgement(evidence, order: order) }
}

extension Verb {
  /// The kernel's function that the verb's thread enters; nil where it has no record.
  fileprivate var entry: TracePoint? {
    switch self {
    case .bind: .bindStore
    case .unbind: .unbindStore
    case .driversProbe: .driversProbeStore
    case .driverOverride: .overrideSet
    case .driversAutoprobe: .autoprobeStore
    case .remove, .delete: .deviceDelete
    case .scan: .deviceAdd
    case .load: .registerDriver
    case .unload: .unregisterDriver
    case .rescan, .confine: nil
    }
  }

  fileprivate var exit: TracePoint? {
    entry.flatMap { TracePoint(rawValue: $0.rawValue + "_return") }
  }
}
