internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety
internal import Journal

/// The daemon's races: of devices that come, and of those that stay in turn.
final class Racing {
  private unowned let daemon: Daemon
  private var queue: RaceQueue
  private var child: RaceChild?
  /// The target of the child, from before it is started: what is done for that reads uevents, by which
  /// nothing else must begin.
  private var current: String?
  /// Path of the device that is raced, below /sys.
  private var racedPath: String?
  /// The kernel took the raced device away, or a race did.
  private var hasGone = false
  /// What went meanwhile, with the raced device or below it, and has not come back.
  private var away: Set<String> = []
  /// Targets that match and are here, to know which came unseen.
  private var known: Set<String> = []
  /// What `known` was looked up for; nil before that.
  private var knownFor: DeviceMatch?
  private var pump: EventLoop.Timer?
  private var round: EventLoop.Timer?
  private var limit: EventLoop.Timer?
  private var afterwards: (() -> Void)?
  /// Why nothing is raced any more; nil where it is.
  private var halted: String?
  private var leftOut = LeftOut()
  private var leftOutTimer: EventLoop.Timer?

  /// The longest race, and how long it may take then to put the host back.
  private static let longest: Duration = .seconds(1800)
  private static let ending: Duration = .seconds(300)
  private static let knownMost = 8192

  init(_ daemon: Daemon) {
    self.daemon = daemon
    queue = RaceQueue(bounds: daemon.configuration.race.bounds)
  }

  private var isOn: Bool { daemon.configuration.daemon.mode == .race }

  /// For the status line; nil where nothing is to be raced.
  var text: String? {
    guard isOn else { return nil }
    if let halted { return "races nothing: \(halted)" }
    if let child { return "racing \(child.target), \(queue.count) waiting" }
    return "\(counted(known.count, "device")) known to match, \(queue.count) waiting for a race"
  }

  /// Takes the daemon's new configuration. A race that runs ends as it began.
  func reload() {
    queue.bounds = daemon.configuration.race.bounds
    if isOn {
      lookUpKnown()
    } else {
      queue.clear()
      known = []
      knownFor = nil
    }
    halted = nil
    startRounds()
    schedule()
  }

  /// Anew only for another Match= or Deny=: it takes long where there are thousands, and uevents tell the
  /// rest.
  private func lookUpKnown() {
    if knownFor == match { return }
    knownFor = match
    known = Set(present().map(\.target).prefix(Self.knownMost))
  }

  /// Begins no race any more, ends the one that runs, and calls then.
  func stop(then: @escaping () -> Void) {
    daemon.loop.cancel(pump)
    daemon.loop.cancel(round)
    tellLeftOut()
    guard let child else { return then() }
    afterwards = then
    child.signal(SIGTERM)
  }
}

// MARK: - Devices

extension Racing {
  private var match: DeviceMatch { daemon.configuration.daemon.devices }
  private var sysfs: Sysfs { Sysfs(root: daemon.setup.host.sys) }

  func see(_ event: Uevent) {
    guard isOn, !event.isSynthetic,
      let name = event.devpath.split(separator: "/").last.map(String.init)
    else { return }
    let target = "\(event.subsystem)/\(name)"
    let answer = match.answer(
      bus: event.subsystem, name: name, driver: event.driver, devpath: event.devpath)
    switch event.action {
    case .add where answer.isPossible:
      if isOurs(event.devpath) {
        away.remove(target)
        return
      }
      if answer == .yes { added(target, hasDriver: hasDriver(event.subsystem, name)) }
      attempt(event.subsystem, name)
    case .bind:
      guard answer == .yes else {
        queue.removed(target)
        break
      }
      if known.contains(target) {
        queue.attached(target)
      } else if !isOurs(event.devpath) {
        added(target, hasDriver: true)
      }
    case .remove:
      queue.removed(target)
      if target == current { hasGone = true }
      if isOurs(event.devpath) { away.insert(target) } else { known.remove(target) }
    case .add, .change, .move, .online, .offline, .unbind, nil:
      return
    }
    schedule()
  }

  /// What a race of ours takes away and brings back has not come.
  private func isOurs(_ devpath: String) -> Bool {
    racedPath.map { devpath == $0 || devpath.hasPrefix($0 + "/") } ?? false
  }

  private func hasDriver(_ bus: String, _ name: String) -> Bool {
    (try? sysfs.device(bus: bus, name: name))?.driver != nil
  }

  private func added(_ target: String, hasDriver: Bool) {
    if known.count < Self.knownMost { known.insert(target) }
    daemon.counts.added += 1
    guard daemon.configuration.race.onAdd else { return }
    want(target, hasDriver: hasDriver)
  }

  /// Uevents were lost: a device may have come unseen.
  func lookForMissed() {
    guard isOn else { return }
    for device in present() where !known.contains(device.target) {
      added(device.target, hasDriver: device.driver != nil)
    }
    schedule()
  }

  /// Devices that match as they are now.
  private func present() -> [Device] {
    devices { match.canMatch(bus: $0) }.filter {
      match.matches(bus: $0.bus, name: $0.name, driver: $0.driver, devpath: $0.devpath)
    }
  }

  /// All devices of these buses. It takes some system calls for each.
  private func devices(ofBuses isWanted: (String) -> Bool = { _ in true }) -> [Device] {
    let sysfs = sysfs
    return ((try? sysfs.buses()) ?? []).filter(isWanted).flatMap {
      (try? sysfs.devices(bus: $0)) ?? []
    }
  }

  private func startRounds() {
    daemon.loop.cancel(round)
    round = nil
    guard isOn, let interval = daemon.configuration.race.interval else { return }
    round = daemon.loop.after(interval) { [unowned self] in
      for device in present() { want(device.target, hasDriver: device.driver != nil) }
      schedule()
      startRounds()
    }
  }

  private func want(_ target: String, hasDriver: Bool) {
    let reason = queue.add(target, hasDriver: hasDriver, at: MonotonicClock.now())
    if let reason { leaveOut(target, reason.rawValue) }
  }

  /// What is left out in one go is told in one entry.
  private func leaveOut(_ target: String, _ reason: String) {
    daemon.counts.leftOut += 1
    leftOut.add(target, reason)
    if leftOutTimer != nil { return }
    leftOutTimer = daemon.loop.after(.seconds(5)) { [unowned self] in tellLeftOut() }
  }

  private func tellLeftOut() {
    daemon.loop.cancel(leftOutTimer)
    leftOutTimer = nil
    for (target, reason) in leftOut.take() {
      daemon.setup.journal.write(
        .deviceLeftOut(run: daemon.setup.run, device: target, reason: reason))
    }
  }
}

// MARK: - Races

extension Racing {
  /// Begins a race where one is due, now or when it is.
  private func schedule() {
    daemon.loop.cancel(pump)
    pump = nil
    guard current == nil, halted == nil, !daemon.isStopping else { return }
    let (next, dropped) = queue.next(at: MonotonicClock.now())
    for (target, reason) in dropped { leaveOut(target, reason.rawValue) }
    switch next {
    case .nothing: break
    case .wait(let time):
      let wait = max(0, time - MonotonicClock.now())
      pump = daemon.loop.after(.nanoseconds(wait)) { [unowned self] in schedule() }
    case .race(let target):
      race(target)
    }
    daemon.showStatus()
  }

  /// The one attempt while the kernel's own probe may be pending. Judged by the watch, which saw the
  /// device come; without a trace it would prove nothing.
  private func attempt(_ bus: String, _ name: String) {
    // First what costs nothing: devices come by the thousand.
    guard daemon.configuration.race.onAdd, current == nil, halted == nil, !daemon.isStopping,
      daemon.watch.untraced == nil, daemon.configuration.watch.trace,
      queue.hasRoom(at: MonotonicClock.now())
    else { return }
    let target = "\(bus)/\(name)"
    let drivers = ((try? sysfs.driverNames(bus: bus)) ?? []).filter {
      match.matches(driver: $0, bus: bus)
    }
    guard !drivers.isEmpty,
      // Hosts and targets, which no driver takes, have none.
      (try? sysfs.device(bus: bus, name: name))?.modalias != nil,
      queue.mayAttempt(target, at: MonotonicClock.now())
    else { return }
    do throws(SystemError) {
      begin(target)
      try daemon.watch.judgeOwn(true)
      try start(
        .firstAttempt,
        [daemon.setup.program, Daemon.firstAttemptCommand, bus, name]
          + match.denied(among: devices()).flatMap { ["--deny", "\($0)"] } + drivers,
        target)
    } catch {
      daemon.setup.complain("no first attempt on \(target): \(error)")
      current = nil
    }
  }

  private func race(_ target: String) {
    let race = daemon.configuration.race
    let denied = match.denied(among: devices())
    do throws(SystemError) {
      begin(target)
      try daemon.watch.pauseTrace()
      try start(
        .race,
        [daemon.setup.program, Daemon.raceCommand]
          + race.arguments(target, denied: denied.map { "\($0)" }), target)
      daemon.counts.races += 1
    } catch {
      daemon.setup.complain("\(target) is not raced: \(error)")
      current = nil
      resumeTrace()
    }
  }

  private func device(of target: String) -> Device? {
    let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
    return parts.count == 2 ? try? sysfs.device(bus: parts[0], name: parts[1]) : nil
  }

  private func begin(_ target: String) {
    current = target
    hasGone = false
  }

  private func start(_ kind: RaceChild.Kind, _ arguments: [String], _ target: String)
    throws(SystemError)
  {
    let child = try RaceChild(kind, arguments, target: target)
    // A first attempt neither takes the device away nor brings it back.
    racedPath = kind == .race ? device(of: target)?.devpath : nil
    try daemon.loop.add(child.descriptor) { [unowned self] in ended() }
    self.child = child
    limit = daemon.loop.after(Self.longest) { [unowned self] in
      daemon.setup.complain("the race of \(target) takes too long: ending it")
      self.child?.signal(SIGTERM)
      limit = daemon.loop.after(Self.ending) { [unowned self] in self.child?.signal(SIGKILL) }
    }
  }

  private func ended() {
    guard let child, let status = child.reap() else { return }
    daemon.loop.remove(child.descriptor)
    daemon.loop.cancel(limit)
    // What it did to the device was announced before it ended.
    daemon.watch.readUevents()
    self.child = nil
    racedPath = nil
    known.subtract(away)
    away = []
    switch child.kind {
    case .firstAttempt: attempted(child.target, status)
    case .race: raced(child.target, status)
    case .restore: if status != 0 { halted = "the host could not be put back (bindrace restore)" }
    }
    if let halted { daemon.setup.complain("no race from now on: \(halted)") }
    if self.child != nil { return }
    current = nil
    resumeTrace()
    if let afterwards { return afterwards() }
    schedule()
  }

  private func attempted(_ target: String, _ status: Int32) {
    do throws(SystemError) {
      try daemon.watch.judgeOwn(false)
    } catch {
      sayUntraced(error)
    }
    if status >= 128 {
      daemon.setup.complain(
        "the first attempt on \(target) was ended by signal \(status - 128)")
      putBack()
    }
  }

  private func raced(_ target: String, _ status: Int32) {
    switch status {
    case 0, 3: queue.ended(target, foundSomething: false, at: MonotonicClock.now())
    case 1:
      daemon.counts.failed += 1
      queue.ended(target, foundSomething: true, at: MonotonicClock.now())
    // Its target was there no more. The bus forgets a device before its driver is taken from it and its
    // removal is announced (bus_remove_device()).
    case 2 where hasGone || device(of: target) == nil: leaveOut(target, "it went before its race")
    case 4: leaveOut(target, "nothing of it could be raced; its run says why")
    case 5: halted = "the host could not be put back (bindrace restore)"
    case 128...:
      daemon.setup.complain("the race of \(target) was ended by signal \(status - 128)")
      putBack()
    default:
      halted = "the race of \(target) ended with status \(status)"
    }
  }

  /// A race that was killed could not put the host back itself, nor deliver what it found.
  private func putBack() {
    daemon.setup.journal.deliverLeft()
    do throws(SystemError) {
      begin("restore")
      try start(.restore, [daemon.setup.program, "restore"], "restore")
    } catch {
      halted = "\(error)"
      current = nil
    }
  }

  private func resumeTrace() {
    do throws(SystemError) {
      try daemon.watch.resumeTrace()
    } catch {
      sayUntraced(error)
    }
  }

  private func sayUntraced(_ error: SystemError) {
    daemon.setup.journal.write(
      .watchLost(EvidenceLoss(), run: daemon.setup.run, reason: "tracing cannot go on: \(error)"))
  }
}

extension DeviceMatch.Answer {
  /// True for a device that is raced, or would be with a driver.
  fileprivate var isPossible: Bool {
    switch self {
    case .yes, .withDriver: true
    case .no, .denied: false
    }
  }
}
