public import Evidence

/// Judges what others do: whether a driver comes back after anybody's unbind.
///
/// It is fed the trace of all devices as it goes on. Unlike a cycle, nobody says what was intended, and
/// what asked for an attach may have no record (a scan, a rescan, the load of a module). So only such an
/// attach is a finding that the trace itself ties to work from before the detach; who asks by a
/// verb of his own, whoever he is, gets what he asked for.
public struct WatchJudge: Sendable {
  /// Where a device is on this host; the trace knows its name and its driver's alone.
  public struct Place: Sendable, Equatable {
    public var bus: String
    /// Below /sys ("/devices/…").
    public var devpath: String

    public init(bus: String, devpath: String) {
      self.bus = bus
      self.devpath = devpath
    }
  }

  /// How many records are looked back at. What was forgotten hides a finding, and makes none: the order of
  /// what is left stays.
  private let most: Int
  /// Processes whose unbinds are judged elsewhere, by their command.
  public var leftOut: Set<String>
  private var trace: [TraceRecord] = []
  private var unbound = Unbound()
  /// Attaches of those, as positions in `trace`, of which is not known yet how the unbind ended.
  private var waiting: [Int] = []

  public init(lookingBack most: Int = 16384, leavingOut commands: Set<String> = []) {
    self.most = most
    leftOut = commands
  }

  /// Takes the records that follow those of the last call, oldest first.
  public mutating func take(_ records: [TraceRecord]) {
    forget()
    for record in records {
      trace.append(record)
      unbound.note(record)
      if record.point == .bound, let device = record.device, unbound.devices.contains(device) {
        waiting.append(trace.count - 1)
      }
    }
  }

  /// True where an attach is to be judged: few are of a device that somebody unbound.
  public var isAsked: Bool { !waiting.isEmpty }

  /// What is to be said of the attaches that were taken; each is judged once.
  ///
  /// - Parameter place: looks on the host where a device is; nil where it has gone.
  public mutating func findings(
    place: (_ name: String, _ driver: String) -> Place?
  ) -> [Finding] {
    var found: [Finding] = []
    waiting = waiting.filter { position in
      switch judge(position, place) {
      case .undecided: return true
      case .nothing: return false
      case .found(let finding):
        found.append(finding)
        return false
      }
    }
    return found
  }

  /// What was recorded is not to be joined with what comes next: something between them was lost.
  public mutating func forgetAll() {
    trace = []
    unbound = Unbound()
    waiting = []
  }

  private mutating func forget() {
    // By a half at a time, so that it costs little.
    guard trace.count > most else { return }
    let count = trace.count - most / 2
    trace.removeFirst(count)
    unbound = Unbound()
    for record in trace { unbound.note(record) }
    waiting = waiting.map { $0 - count }.filter { $0 >= 0 }
  }

  private enum Outcome {
    case nothing, undecided
    case found(Finding)
  }

  private func judge(_ position: Int, _ place: (String, String) -> Place?) -> Outcome {
    guard let device = trace[position].device else { return .nothing }
    let name = trace[position].name ?? ""
    let driver =
      trace[..<position].last { $0.point == .reallyProbe && $0.device == device }?.driver ?? ""
    let place = place(name, driver)
    let evidence = CycleEvidence(
      level: .trace, bus: place?.bus ?? "?", name: name, driver: driver,
      devpath: place?.devpath ?? "", ownProcesses: Array(Set(trace.map(\.pid))), verbs: [],
      deadline: 0, trace: trace, uevents: [], loss: EvidenceLoss(), isDrained: false,
      driverAtEnd: nil)
    let judge = TraceJudge(evidence, device: device)
    guard let attach = judge.timeline.attaches.first(where: { $0.position == position }),
      let detach = judge.timeline.detaches.last(where: { $0.position < position }),
      case .unbind(let unbind) = detach.cause, !leftOut.contains(unbind.command)
    else { return .nothing }
    guard unbind.hasReturned else { return .undecided }
    guard unbind.succeeded,
      var finding = judge.reattach(
        Lateness(attach: attach, detach: detach.position, unbind: unbind))
    else { return .nothing }
    finding.unbind?.command = unbind.command
    return .found(finding)
  }
}

/// Devices whose detach by an unbind may be in the trace: to judge an attach costs a look at all of it,
/// and devices that come and go are attached by the thousand.
private struct Unbound {
  private(set) var devices: Set<UInt64> = []
  /// Threads within `unbind_store`.
  private var unbinding: Set<Int32> = []

  mutating func note(_ record: TraceRecord) {
    switch record.point {
    case .unbindStore: unbinding.insert(record.pid)
    case .unbindStoreReturn: unbinding.remove(record.pid)
    case .cleanup where unbinding.contains(record.pid):
      if let device = record.device { devices.insert(device) }
    // Another device at the same address.
    case .deviceAdd:
      if let device = record.device { devices.remove(device) }
    default: break
    }
  }
}

extension TraceJudge {
  /// What is to be said against an attach, whoever unbound; nil where it was asked for, or where the trace
  /// does not tell that it was not.
  fileprivate func reattach(_ lateness: Lateness) -> Finding? {
    let attach = lateness.attach
    guard !isRequested(attach, since: lateness.detach), isTied(attach, to: lateness.detach)
    else { return nil }
    return late(lateness)?.finding
  }

  /// True where the work that attached has a record from before the detach, or would have had one since.
  private func isTied(_ attach: Timeline.Attach, to detach: Int) -> Bool {
    switch attach.path?.kind {
    case .deviceHelper, .driverHelper, .registration, .deviceAdd: true
    case .deferredWorker: deferralOrigin(attach.position).map { $0 < detach } ?? false
    case .bind, .driversProbe, .newID, .rescan, nil: false
    }
  }
}
