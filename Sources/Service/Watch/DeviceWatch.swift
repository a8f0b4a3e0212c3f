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
  private(set) var health = WatchHealth()
  /// Why nothing is traced now; nil where it is, or shall not be.
  var untraced: String? { health.blindness }
  /// Called for all that is seen, in the order in which it is read.
  var handler: (WatchEvent) -> Void = { _ in }
  /// Who attached and unbound is told of each device, not of those alone that came back.
  var tellsAll = false

  let loop: EventLoop
  private let host: Host
  let sysfs: Sysfs
  private let uevents: UeventStream
  private(set) var trace: TraceRecorder?
  var judge: WatchJudge
  /// Who did what; read only where all is told.
  var deeds = Deeds()
  var unbound = UnboundDevices()
  var announced = AnnouncedDevices()
  private(set) var isPaused = false
  private var retries = Retries()
  private var loss = EvidenceLoss()
  /// Lines of the trace that could not be read, as far as they are counted as lost.
  var unreadable: UInt64 = 0
  /// When the end of a burst is looked at.
  private var settling: EventLoop.Timer?

  /// The command of the threads that race (RacerThread); their runs judge them.
  private static let ownCommands: Set<String> = ["bindrace-race"]
  /// A burst of records is read at once: who waits for the first one would wake up for each.
  static let burst: Duration = .milliseconds(50)
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
    health.isTraceWanted = ledger != nil
    if let ledger { startTrace(ledger, bufferKilobytes) }
    try loop.add(uevents.descriptor) { [weak self] in
      self?.readUevents(atMost: Self.turn)
    }
    if let trace, trace.session.descriptor >= 0 {
      try loop.add(trace.session.descriptor) { [weak self] in self?.noticeTrace() }
    }
  }

  private func startTrace(_ ledger: Ledger, _ bufferKilobytes: Int) {
    do throws(SystemError) {
      let trace = try TraceRecorder(
        host: host, ledger: ledger, bufferKilobytes: bufferKilobytes)
      if let obstacle = trace.session.obstacle {
        _ = health.goBlind(obstacle, at: WatchHealth.now)
        // What this kernel cannot tell it will not tell later; what somebody switched off comes again.
        if trace.session.lacksPlaces {
          trace.close(on: host)
        } else {
          self.trace = trace
        }
        return
      }
      try trace.session.start()
      self.trace = trace
    } catch {
      _ = health.goBlind(error.description, at: WatchHealth.now)
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
    forgetTrace()
  }

  /// Judges bindrace's own unbinds too from now on, or no more: those of a first attempt, which records
  /// nothing itself.
  func judgeOwn(_ judgesOwn: Bool) throws(SystemError) {
    if !isPaused { try readTrace(isDone: true) }
    judge.leftOut = judgesOwn ? [] : Self.ownCommands
  }

  func resumeTrace() throws(SystemError) {
    guard let trace, isPaused else { return }
    isPaused = false
    do throws(SystemError) {
      try trace.session.start()
    } catch {
      // Somebody took it away meanwhile; `check` makes it anew.
      _ = health.goBlind(error.description, at: WatchHealth.now)
      throw error
    }
    loop.resume(trace.session.descriptor)
  }
}

// MARK: - The recording is whole

extension DeviceWatch {
  /// Looks whether the trace still records, and makes it anew where it does not: others can switch all events
  /// off, take all probes away, or turn off what these rest on.
  func check() {
    guard let trace, !isPaused else { return }
    if health.blindness != nil && !retries.isDue(at: MonotonicClock.now()) { return }
    do throws(SystemError) {
      if health.blindness == nil {
        try trace.session.pulse()
        try readTrace(isDone: true)
        if tellsAll { sayOverdue() }
        sayTraceLoss(try traceLoss())
        guard trace.session.isStandingStill else { return }
        let reason = trace.session.standstillReason
        forgetTrace()
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
    guard isRecording else {
      retries.note(failureAt: MonotonicClock.now(), isCheap: session.descriptor < 0)
      return blind(session.obstacle ?? "")
    }
    retries = Retries()
    health.see()
    handler(.sight("the trace records again, by probes made anew"))
  }

  private func blind(_ reason: String) {
    guard health.goBlind(reason, at: WatchHealth.now) else { return }
    handler(
      .loss(EvidenceLoss(), "late attaches cannot be told, which is tried again: \(reason)"))
  }
}

extension TraceSession {
  /// True where this kernel has no place for what every attach is judged by.
  fileprivate var lacksPlaces: Bool {
    descriptor >= 0
      && facts.contains { $0.state == .untold && Fact.core.contains($0.fact) }
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
        take(event)
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

  private func take(_ event: Uevent) {
    unbound.note(event)
    if tellsAll { announced.note(event) }
    handler(.uevent(event))
  }

  func settleLater() {
    loop.cancel(settling)
    settling = loop.after(Self.quiet) { [weak self] in self?.settle() }
  }

  /// After a burst: what became of all that was announced and recorded.
  private func settle() {
    settling = nil
    do throws(SystemError) {
      try uevents.settle { event in take(event) }
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
