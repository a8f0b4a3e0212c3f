internal import DriverModel
internal import Evidence
internal import Glibc
public import HostSafety
public import Journal

/// The daemon: one loop that watches the host, has races run by children, and tells the journal.
public final class Daemon {
  /// What it is given.
  public struct Setup {
    public var host: Host
    /// The program that races, by its path.
    public var program: String
    public var version: String
    /// Of the daemon's own findings and ledger.
    public var run: String
    public var journal: JournalWriter
    /// Reads the configuration; called again at each reload.
    public var load: () throws(ConfigurationErrors) -> Configuration
    /// Says a line on standard error.
    public var complain: (String) -> Void

    public init(
      host: Host, program: String, version: String, run: String, journal: JournalWriter,
      load: @escaping () throws(ConfigurationErrors) -> Configuration,
      complain: @escaping (String) -> Void
    ) {
      self.host = host
      self.program = program
      self.version = version
      self.run = run
      self.journal = journal
      self.load = load
      self.complain = complain
    }
  }

  /// The word by which bindrace knows that it is to run a race of the daemon; a command line follows.
  public static let raceCommand = "__race"
  /// The same for the first attempt on a device that came; its bus, its name and drivers follow.
  public static let firstAttemptCommand = "__first-attempt"

  let setup: Setup
  let loop: EventLoop
  let ledger: Ledger
  var configuration: Configuration
  var watch: DeviceWatch
  private(set) lazy var racing = Racing(self)
  var counts = DaemonCounts()
  private(set) var isStopping = false
  private var statusTimer: EventLoop.Timer?
  private var status = ""

  /// A storm of events that has to be read to its end can take longer than the watchdog waits.
  private static let eventsPerSign = 512

  /// How long the journal may take for what is not in it yet, at the end.
  private static let lastWords: Duration = .seconds(5)

  /// Begins to watch. Throws what is wrong in the configuration, or what this host lacks.
  public init(_ setup: Setup) throws {
    self.setup = setup
    configuration = try setup.load()
    loop = try EventLoop()
    ledger = try Ledger(run: setup.run, proc: setup.host.proc)
    watch = try Self.watch(loop, configuration, setup.host, ledger)
  }

  private static func watch(
    _ loop: EventLoop, _ configuration: Configuration, _ host: Host, _ ledger: Ledger
  ) throws(SystemError) -> DeviceWatch {
    let wanted = configuration.watch
    return try DeviceWatch(
      loop, host: host, ledger: wanted.trace ? ledger : nil,
      bufferKilobytes: wanted.traceBuffer / 1024, ueventBuffer: wanted.ueventBuffer)
  }

  /// Runs until SIGTERM or SIGINT. Throws what keeps the loop from going on.
  public func run() throws {
    let signals = try Signals([SIGTERM, SIGINT, SIGHUP])
    try loop.add(signals.descriptor) { [unowned self] in
      while let signal = signals.next() { receive(signal) }
    }
    startWatching()
    racing.reload()
    beat()
    setup.journal.write(
      .daemonStarted(
        run: setup.run, version: setup.version, about: configuration.summary,
        evidence: watch.health.level, because: watch.health.text))
    ServiceManager.ready(statusText)
    try loop.run()
    watch.close()
    _ = try? ledger.finish()
    setup.journal.write(.daemonStopped(run: setup.run, reason: counts.text))
    let left = setup.journal.finish(within: Self.lastWords)
    if left.keptFindings > 0 {
      setup.complain(
        "\(left.keptFindings) findings are not in the journal yet: the next start sends them")
    }
    if left.lostFindings > 0 {
      setup.complain("\(left.lostFindings) findings may not have come into the journal")
    }
  }

  private func startWatching() {
    watch.handler = { [unowned self] in see($0) }
    if let reason = watch.health.blindness {
      setup.journal.write(
        .watchLost(
          EvidenceLoss(), run: setup.run, reason: "late attaches cannot be told: \(reason)",
          evidence: watch.health.level))
    }
  }

  // MARK: What happens

  private func receive(_ signal: Int32) {
    if signal == SIGHUP { reload() } else { stop() }
  }

  private func see(_ event: WatchEvent) {
    switch event {
    case .uevent(let event):
      counts.uevents += 1
      if counts.uevents.isMultiple(of: Self.eventsPerSign) { ServiceManager.watchdog() }
      racing.see(event)
    case .finding(let finding):
      counts.findings += 1
      setup.journal.write(.finding(finding, run: setup.run))
    case .loss(let loss, let text):
      counts.losses += 1
      setup.journal.write(
        .watchLost(loss, run: setup.run, reason: text, evidence: watch.health.level))
      if loss.ueventsLost > 0 { racing.lookForMissed() }
    case .sight(let text):
      setup.journal.write(.watchAgain(run: setup.run, reason: text, evidence: watch.health.level))
    case .deed: break
    }
    showStatus()
  }

  private func stop() {
    if isStopping { return }
    isStopping = true
    ServiceManager.stopping("stopping")
    // What races puts the host back first.
    racing.stop { [loop] in loop.stop() }
  }

  private func reload() {
    if isStopping { return }
    ServiceManager.reloading(at: MonotonicClock.now())
    do throws(ConfigurationErrors) {
      let new = try setup.load()
      apply(new)
    } catch {
      for error in error.errors {
        setup.journal.write(.configurationRejected(error, run: setup.run))
      }
    }
    ServiceManager.ready(statusText)
  }

  private func apply(_ new: Configuration) {
    let old = configuration
    configuration = new
    if new.watch != old.watch {
      do throws(SystemError) {
        watch.close()
        watch = try Self.watch(loop, new, setup.host, ledger)
        startWatching()
      } catch {
        setup.complain("cannot watch any more: \(error)")
        return stop()
      }
    }
    racing.reload()
  }

  // MARK: What is told

  /// Its sign of life comes from the loop itself, and from events that are worked off: whoever hangs gives
  /// none. With it, so that an idle host is woken up once for both, the recording is looked after.
  private func beat() {
    watch.check()
    let interval = ServiceManager.watchdogInterval
    if interval != nil { ServiceManager.watchdog() }
    loop.after(min(DeviceWatch.checkInterval, (interval ?? .seconds(60)) / 2)) {
      [unowned self] in beat()
    }
  }

  /// Tells the service manager what the daemon is at, at most once a second.
  func showStatus() {
    if statusTimer != nil || isStopping { return }
    statusTimer = loop.after(.seconds(1)) { [unowned self] in
      statusTimer = nil
      let text = statusText
      if text != status { ServiceManager.status(text) }
      status = text
    }
  }

  private var statusText: String {
    [configuration.daemon.mode.rawValue, watch.health.text, racing.text, counts.text]
      .compactMap(\.self).joined(separator: "; ")
  }
}
