internal import DriverModel
internal import Evidence
internal import HostSafety
internal import KernelTrace
internal import Udev
internal import Verdicts

/// Watches the devices of the host: what the kernel announces, and what comes back after anybody's unbind.
///
/// Changes nothing but its own trace probes, which stand in the ledger.
final class DeviceWatch {
  /// Why nothing is traced now; nil where it is.
  private(set) var untraced: String?
  /// Called for all that is seen, in the order in which it is read.
  var handler: (WatchEvent) -> Void = { _ in }
  /// Who attached and unbound is told of each device, not of those alone that came back.
  var tellsAll = false

  private let loop: EventLoop
  private let host: Host
  private let sysfs: Sysfs
  private let uevents: UeventStream
  private var trace: TraceRecorder?
  private var judge: WatchJudge
  private var unbound = UnboundDevices()
  private var isPaused = false
  private var loss = EvidenceLoss()
  private var unreadable: UInt64 = 0
  /// What each thread probed last: the driver that it attaches.
  private var probed: [Int32: String] = [:]
  /// When the end of a burst is looked at.
  private var settling: EventLoop.Timer?

  /// The command of the threads that race (RacerThread); their runs judge them.
  private static let ownCommands: Set<String> = ["bindrace-race"]
  /// A burst of records is read at once: who waits for the first one would wake up for each.
  private static let burst: Duration = .milliseconds(50)
  /// Events that are taken in one go: a storm does not keep the loop from all else.
  private static let turn = 64
  /// How often somebody has to call `check`.
  static let checkInterval: Duration = .seconds(10)
  /// How long a record's stack is waited for, and how long it is quiet before losses are counted.
  private static let quiet: Duration = .seconds(1)

  /// Begins to watch.
  ///
  /// - Parameters:
  ///   - ledger: holds the trace probes; nil for a watch without them.
  ///   - bufferKilobytes: of each CPU's trace ring.
  ///   - ueventBuffer: of the uevent socket, in bytes.
  /// - Throws: where not even uevents can be received.
  init(
    _ loop: EventLoop, host: Host, ledger: Ledger?, bufferKilobytes: Int, ueventBuffer: Int
  ) throws(SystemError) {
    self.loop = loop
    self.host = host
    let sysfs = Sysfs(root: host.sys)
    self.sysfs = sysfs
    judge = WatchJudge(leavingOut: Self.ownCommands)
    uevents = try UeventStream(bufferSize: ueventBuffer, seqnum: sysfs.ueventSeqnum)
    if let ledger { startTrace(ledger, bufferKilobytes) }
    try loop.add(uevents.descriptor) { [weak self] in
      self?.readUevents(atMost: Self.turn)
    }
    if let trace {
      try loop.add(trace.session.descriptor) { [weak self] in self?.noticeTrace() }
    }
  }

  private func startTrace(_ ledger: Ledger, _ bufferKilobytes: Int) {
    do throws(SystemError) {
      let trace = try TraceRecorder(
        host: host, ledger: ledger, bufferKilobytes: bufferKilobytes)
      if let obstacle = trace.session.obstacle {
        untraced = obstacle
        trace.close(on: host)
        return
      }
      try trace.session.start()
      self.trace = trace
    } catch {
      untraced = error.description
    }
  }

  /// Ends the watch, and takes its probes away.
  func close() {
    loop.cancel(settling)
    loop.remove(uevents.descriptor)
    if let trace {
      loop.remove(trace.session.descriptor)
      trace.close(on: host)
    }
    trace = nil
  }

  /// Traces nothing while bindrace itself races; what was recorded up to here is judged.
  func pauseTrace() throws(SystemError) {
    guard let trace, !isPaused else { return }
    try trace.session.pause()
    isPaused = true
    loop.pause(trace.session.descriptor)
    try readTrace(isDone: true)
    // The next start counts anew.
    sayTraceLoss(try traceLoss())
    judge.forgetAll()
  }

  /// Judges bindrace's own unbinds too from now on, or no more: those of a first attempt, which records
  /// nothing itself.
  func judgeOwn(_ judgesOwn: Bool) throws(SystemError) {
    if !isPaused { try readTrace(isDone: true) }
    judge.leftOut = judgesOwn ? [] : Self.ownCommands
  }

  func resumeTrace() throws(SystemError) {
    guard let trace, isPaused else { return }
    try trace.session.start()
    isPaused = false
    loop.resume(trace.session.descriptor)
  }
}

// MARK: - The recording is whole

extension DeviceWatch {
  /// Looks whether the trace still records, and makes it anew where it does not: others can switch all events
  /// off, take all probes away, or turn off what these rest on.
  func check() {
    guard let trace, !isPaused else { return }
    do throws(SystemError) {
      if untraced == nil {
        try trace.session.pulse()
        try readTrace(isDone: true)
        guard trace.session.isStandingStill else { return }
        let reason = trace.session.standstillReason
        judge.forgetAll()
        handler(.loss(EvidenceLoss(traceStopped: 1), "the trace stood still: \(reason)"))
      }
      try remake(trace.session)
    } catch {
      blind(error.description)
    }
  }

  private func remake(_ session: TraceSession) throws(SystemError) {
    if session.descriptor >= 0 { loop.remove(session.descriptor) }
    let isRecording = try session.remake()
    if session.descriptor >= 0 {
      try loop.add(session.descriptor) { [weak self] in self?.noticeTrace() }
    }
    guard isRecording else { return blind(session.obstacle ?? "") }
    untraced = nil
    handler(.loss(EvidenceLoss(), "the trace records again, by probes made anew"))
  }

  private func blind(_ reason: String) {
    if untraced == reason { return }
    untraced = reason
    handler(
      .loss(
        EvidenceLoss(),
        "late attaches cannot be told, which is tried again every \(Self.checkInterval.components.seconds) s: \(reason)"
      ))
  }
}

// MARK: - Uevents

extension DeviceWatch {
  /// Also called where something else depends on all events up to now.
  func readUevents(atMost most: Int = .max) {
    var isAnything = false
    do throws(SystemError) {
      let hasOverflown = try uevents.receive(atMost: most) { event in
        isAnything = true
        unbound.note(event)
        handler(.uevent(event))
      }
      if hasOverflown {
        handler(.loss(EvidenceLoss(), "uevents were dropped: the socket was full"))
      }
    } catch {
      handler(.loss(EvidenceLoss(), "uevents cannot be received: \(error)"))
    }
    // Only then: settling reads uevents too, and would go on for ever.
    if isAnything { settleLater() }
  }

  private func settleLater() {
    loop.cancel(settling)
    settling = loop.after(Self.quiet) { [weak self] in self?.settle() }
  }

  /// After a burst: what became of all that was announced and recorded.
  private func settle() {
    settling = nil
    do throws(SystemError) {
      try uevents.settle { event in
        unbound.note(event)
        handler(.uevent(event))
      }
      let now = uevents.loss
      if now.ueventsLost > loss.ueventsLost {
        let lost = now.ueventsLost - loss.ueventsLost
        handler(.loss(EvidenceLoss(ueventsLost: lost), "\(lost) uevents were lost"))
      }
      loss.ueventsLost = max(loss.ueventsLost, now.ueventsLost)
      if !isPaused {
        try readTrace(isDone: true)
        sayTraceLoss(try traceLoss())
      }
    } catch {
      handler(.loss(EvidenceLoss(), "what was lost cannot be told: \(error)"))
    }
  }
}

// MARK: - Trace

extension DeviceWatch {
  private func noticeTrace() {
    guard let trace else { return }
    loop.pause(trace.session.descriptor)
    loop.after(Self.burst) { [weak self] in
      guard let self, let trace = self.trace, !isPaused else { return }
      loop.resume(trace.session.descriptor)
      do throws(SystemError) {
        try readTrace(isDone: false)
      } catch {
        handler(.loss(EvidenceLoss(), "the trace cannot be read: \(error)"))
      }
      settleLater()
    }
  }

  private func readTrace(isDone: Bool) throws(SystemError) {
    guard let trace else { return }
    let records = try trace.session.takeOn(isDone: isDone)
    judge.take(records)
    guard tellsAll || judge.isAsked else { return }
    // A device may have gone already: where it was, its uevents tell. Only then, as thousands may wait.
    readUevents()
    if tellsAll { for record in records { say(record) } }
    let found = judge.findings(place: place)
    if found.isEmpty { return }
    // A request that was lost would make it the answer to that.
    let loss = try traceLoss()
    readUevents()
    for finding in found { say(finding, loss) }
    sayTraceLoss(loss)
  }

  /// Lost since the last call.
  private func traceLoss() throws(SystemError) -> EvidenceLoss {
    guard let trace else { return EvidenceLoss() }
    var loss = try trace.session.lossSince()
    loss.traceLost += trace.session.unreadable - unreadable
    unreadable = trace.session.unreadable
    return loss
  }

  private func sayTraceLoss(_ loss: EvidenceLoss) {
    guard loss.isTraceLost else { return }
    judge.forgetAll()
    handler(
      .loss(
        loss, loss.traceText))
  }

  private func say(_ finding: Finding, _ loss: EvidenceLoss) {
    var finding = finding
    let devpath = String(finding.syspath.dropFirst("/sys".utf8.count))
    finding.seqnum = unbound.seqnums(of: devpath)
    if loss.isTraceLost {
      finding.text +=
        " Trace records were lost meanwhile: somebody may have asked for it."
      finding.verdict = .inconclusive
    }
    handler(.finding(finding))
  }

  private func say(_ record: TraceRecord) {
    if record.point == .reallyProbe {
      if probed.count > 1024 { probed = [:] }
      probed[record.pid] = record.driver
    }
    let isAttach = record.point == .bound
    guard isAttach || record.point == .unbindStore, let name = record.name else { return }
    let driver = (isAttach ? probed[record.pid] : record.driver) ?? ""
    let place = place(name, driver)
    let deed = WatchEvent.Deed(
      time: record.time, device: place.map { "\($0.bus)/\(name)" } ?? name,
      devpath: place?.devpath ?? "", driver: driver, command: record.command, pid: record.pid,
      function: isAttach ? record.attachFunction : nil)
    handler(isAttach ? .attach(deed) : .unbind(deed))
  }

  /// A name can be on several buses: the driver's decides, else what is there alone, or was.
  private func place(_ name: String, _ driver: String) -> WatchJudge.Place? {
    let buses = (try? sysfs.buses()) ?? []
    let devices = buses.compactMap { try? sysfs.device(bus: $0, name: name) }
    let device =
      devices.first { !driver.isEmpty && sysfs.root.exists("bus/\($0.bus)/drivers/\(driver)") }
      ?? (devices.count == 1 ? devices.first : nil)
    return device.map { WatchJudge.Place(bus: $0.bus, devpath: $0.devpath) }
      ?? unbound.place(of: name)
  }
}
