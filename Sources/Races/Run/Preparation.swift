internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety

/// Brings a subject into the state that a pattern starts from, whatever state it is in.
final class Preparation {
  private let pattern: Pattern
  private let subject: Subject
  private let instruments: Instruments
  private let deadline: Duration
  private let allowsUse: Bool
  /// True when asynchronous probes may be under way because of us.
  private var mayProbe = false
  /// True where the device had its driver before the first cycle.
  private var wasBound = false
  private lazy var autoprobe = Autoprobe(subject, instruments)

  private var sysfs: Sysfs { instruments.sysfs }

  /// - Parameter allowsUse: the user allowed that the device is in use.
  init(
    _ pattern: Pattern, _ subject: Subject, _ instruments: Instruments, deadline: Duration,
    allowsUse: Bool
  ) {
    self.pattern = pattern
    self.subject = subject
    self.instruments = instruments
    self.deadline = deadline
    self.allowsUse = allowsUse
  }

  /// Notes in the ledger what start state and race will change, and arranges what has to hold before
  /// the first cycle.
  ///
  /// - Throws: `RunStop.skip` where the pattern cannot run on this subject.
  func begin() throws {
    let hasOverride = subject.made.isEmpty ? sysfs.hasDriverOverride(subject.device) : true
    if let obstacle = subject.obstacle(to: pattern, hasOverride: hasOverride) {
      throw RunStop.unfit(obstacle)
    }
    try note()
    try rehearseHotplug()
    if isAddedAnew {
      try remove(subject.device, subject.hotplug)
      if needsShownProbe { try load(subject.driver, .asynchronous) }
      try add(subject.device, subject.hotplug)
      try settle()
    }
    guard subject.otherHotplug != nil else { return }
    // Devices that the run made itself begin anew: links are made when a device is added.
    try subject.conditions.relax()
    try remove(subject.other, subject.otherHotplug)
    try remove(subject.device, subject.hotplug)
    try unload(subject.driver)
    try subject.conditions.set(pattern.mode ?? .synchronous, of: subject.driver)
    if let rival = subject.rival {
      try unload(rival)
      try subject.conditions.set(.synchronous, of: rival)
    }
    try subject.conditions.arrange(pattern.conditions)
  }

  /// Brings the subject there, ready for a race.
  ///
  /// True when asynchronous probes may still be under way.
  func reach() throws -> Bool {
    mayProbe = false
    try subject.conditions.relax()
    try resetAttributes()
    if !pattern.conditions.contains(.rivalLoaded), let rival = subject.rival { try unload(rival) }
    // A supplier comes first.
    let needsOtherFirst = pattern.conditions.contains(.consumerOfOther)
    if needsOtherFirst { try reachOther() }
    switch pattern.start {
    case .bound:
      try bind(subject.device)
    case .unbound:
      // To have been bound takes a device from the deferred list (driver_bound()).
      try bind(subject.device)
      try unbind(subject.device)
    case .absent:
      try load(subject.driver)
      try remove(subject.device, subject.hotplug)
    case .driverUnloaded:
      try add(subject.device, subject.hotplug)
      try unload(subject.driver)
    case .absentAndDriverUnloaded:
      try remove(subject.device, subject.hotplug)
      try unload(subject.driver)
    }
    if !needsOtherFirst { try reachOther() }
    if pattern.conditions.contains(.rivalLoaded), let rival = subject.rival {
      try load(rival, .synchronous)
    }
    try subject.conditions.arm(pattern.conditions)
    return mayProbe
  }

  /// As `reach()`, for the device bound and nothing slow: to measure the verbs.
  func reachBound() throws {
    try subject.conditions.relax()
    if pattern.conditions.contains(.consumerOfOther), let other = subject.other { try bind(other) }
    try bind(subject.device)
  }

  /// After the last cycle: the device is as the next pattern looks for it. All else is the ledger's.
  func putBack() throws {
    guard !instruments.hasHung else { return }
    try subject.conditions.relax()
    try resetAttributes()
    if turnsAutoprobeOff { try autoprobe.close() }
    // What a race leaves behind in its devices shows when they go (device_links_purge()), and so
    // before the next pattern.
    if subject.otherHotplug != nil {
      try remove(subject.device, subject.hotplug)
      try remove(subject.other, subject.otherHotplug)
    }
    guard subject.made.isEmpty else { return }
    try add(subject.device, subject.hotplug)
    if wasBound { try bind(subject.device) }
  }
}

// MARK: - The ledger

extension Preparation {
  /// True where the device goes and comes before the first cycle: no module serves as barrier on this host, so
  /// the trace has to know all that can be pending for it; or a probe is to be shown.
  private var isAddedAnew: Bool {
    guard let hotplug = subject.hotplug, hotplug.parent == nil else { return false }
    return instruments.recording.level == .trace
      && (!instruments.hasBarrier || needsShownProbe)
  }

  /// True where no asynchronous probe was seen yet, and one can be shown on a device that the run made: only
  /// one that was seen proves that the trace tells when one is scheduled. Without that the end of all has to
  /// be waited for by a module, in each cycle.
  private var needsShownProbe: Bool {
    subject.made.contains(subject.device.devpath) && subject.driver.isAsynchronousAtWill
      && instruments.recording.untold?.contains { $0.fact == .schedule } ?? false
  }

  private var turnsAutoprobeOff: Bool {
    pattern.threads.contains { $0.steps.contains(.autoprobeOff) }
  }

  private var takesAway: Bool { pattern.takesAway || isAddedAnew }

  private func note() throws {
    if turnsAutoprobeOff { try autoprobe.note() }
    if pattern.unloads { try noteReload(subject.driver) }
    guard subject.made.isEmpty else { return }
    let device = try sysfs.device(bus: subject.device.bus, name: subject.device.name)
    wasBound = device?.driver == subject.driver.name
    if takesAway { try noteBelow(subject.hotplug?.parent ?? subject.device) }
    if let device {
      try instruments.ledger.record(
        .binding(BindingChange(device, raced: [subject.driver.name], sys: sysfs.root)))
    }
    if pattern.conditions.contains(.driverOverride) {
      try refuseOverride(of: subject.device)
      try instruments.ledger.record(
        .attribute(
          AttributeChange(
            path: VerbWrite.driverOverride(subject.device, nil).path, old: "", new: Self.nobody,
            format: .driverOverride)))
    }
    guard takesAway, let hotplug = subject.hotplug else { return }
    if let parent = hotplug.parent {
      try instruments.ledger.record(.binding(BindingChange(parent, sys: sysfs.root)))
    } else {
      try refuseOverride(of: subject.device)
      try instruments.ledger.record(
        .deviceRemoved(
          DeviceRemovedChange(
            devpath: subject.device.devpath, scan: hotplug.addition.path,
            text: String(decoding: hotplug.addition.bytes, as: UTF8.self))))
    }
  }

  /// A device that is removed takes all below it along, and so does a parent that is unbound. It stands
  /// behind them, so it is put back first and they are there when it is their turn.
  private func noteBelow(_ above: Device) throws {
    for bus in try sysfs.buses() {
      for device in try sysfs.devices(bus: bus)
      where device.devpath.hasPrefix(above.devpath + "/") {
        try refuseOverride(of: device)
        try instruments.ledger.record(.binding(BindingChange(device, sys: sysfs.root)))
      }
    }
  }

  /// It goes with a device that is removed, and what the kernel then binds to the new one nobody wanted.
  private func refuseOverride(of device: Device) throws {
    guard sysfs.hasDriverOverride(device) else { return }
    let override = try instruments.readWaiting(VerbWrite.driverOverride(device, nil).path)
    guard override.isEmpty || override == "(null)" else {
      throw RunStop.skip(
        "the driver_override of \(device.target) is \(override), set by somebody else")
    }
  }

  /// Before a module is unloaded that was loaded before the run.
  private func noteReload(_ driver: RacedDriver) throws {
    guard let module = driver.module, try Modules(sysfs).isLoaded(module) else { return }
    var change = try ModuleReloadedChange(module, sys: sysfs.root)
    let mode = pattern.mode ?? driver.ownMode ?? .synchronous
    change.isMadeAsynchronous = !driver.parameters(mode).isEmpty
    change.made = subject.made.sorted()
    change.raced = [subject.device.devpath]
    change.allowsUse = allowsUse
    try instruments.ledger.record(.moduleReloaded(change))
  }

  /// A driver that there is not.
  static let nobody = "bindrace-none"

  /// Attributes that patterns write are as they were.
  private func resetAttributes() throws {
    if turnsAutoprobeOff { try autoprobe.turnOn() }
    if pattern.conditions.contains(.driverOverride), isPresent(subject.device) {
      try instruments.perform([.verb(.driverOverride(subject.device, nil))])
    }
  }
}

// MARK: - Devices

extension Preparation {
  private func isPresent(_ device: Device) -> Bool { sysfs.root.exists(device.path) }

  private func reachOther() throws {
    guard let other = subject.other else { return }
    if !pattern.conditions.contains(.otherDevice) {
      try remove(other, subject.otherHotplug)
    } else if pattern.start == .bound {
      try bind(other)
    } else {
      try load(subject.driver)
      try add(other, subject.otherHotplug)
      try unbind(other)
    }
  }

  private func add(_ device: Device, _ hotplug: Hotplug?) throws {
    guard !isPresent(device), let hotplug else { return }
    try instruments.perform([.verb(hotplug.addition)])
    mayProbe = true
    // A bus can find it in a thread of its own.
    let start = MonotonicClock.now()
    while !isPresent(device), MonotonicClock.now() - start < 2_000_000_000 { usleep(2000) }
    guard let parent = hotplug.parent, !isPresent(device) else { return }
    throw RunStop.skip(
      "\(device.target) does not come back under its name when \(parent.target) is bound")
  }

  private func remove(_ device: Device?, _ hotplug: Hotplug?) throws {
    guard let device, let hotplug, isPresent(device) else { return }
    try instruments.perform([.verb(hotplug.removal)])
    guard let parent = hotplug.parent, isPresent(device) else { return }
    try instruments.perform([.verb(hotplug.addition)])
    throw RunStop.skip("\(device.target) stays when \(parent.target) is unbound")
  }

  /// Whether a device goes and comes with its parent's driver shows only when that is tried.
  private func rehearseHotplug() throws {
    guard pattern.takesAway, let hotplug = subject.hotplug, hotplug.parent != nil else { return }
    try remove(subject.device, hotplug)
    try add(subject.device, hotplug)
    try settle()
  }

  private func bind(_ device: Device) throws {
    try load(subject.driver)
    try add(device, device == subject.other ? subject.otherHotplug : subject.hotplug)
    // What was added or loaded probes by itself, and that may take its time.
    if mayProbe { try settle() }
    if let rival = subject.rival, try sysfs.driver(of: device) == rival.name {
      try instruments.perform([.verb(.unbind(device, from: rival.name))])
    }
    switch try sysfs.driver(of: device) {
    case subject.driver.name:
      return
    case nil:
      do {
        try instruments.perform([
          .verb(
            .bind(device, to: subject.driver.name), retry: [EAGAIN], patience: .seconds(1))
        ])
      } catch let error as SystemError where error.errno == EBUSY || error.errno == ENODEV {
        // Somebody else was faster (5.10 says ENODEV then), which is as good where it is the same driver.
        guard try sysfs.driver(of: device) == subject.driver.name else { throw error }
      }
    case let other?:
      throw RunStop.skip("\(device.target) is bound to \(other)")
    }
  }

  private func unbind(_ device: Device) throws {
    if mayProbe { try settle() }
    guard let driver = try sysfs.driver(of: device) else { return }
    guard driver == subject.driver.name || driver == subject.rival?.name else {
      throw RunStop.skip("\(device.target) is bound to \(driver)")
    }
    try instruments.perform([.verb(.unbind(device, from: driver))])
  }

  private func settle() throws {
    _ = try instruments.drain(window: .milliseconds(500))
    mayProbe = false
  }
}

// MARK: - Drivers

extension Preparation {
  /// What bus_remove_driver() takes first are these files.
  private func isLoaded(_ driver: RacedDriver) -> Bool {
    sysfs.root.exists("bus/\(driver.bus)/drivers/\(driver.name)/bind")
  }

  /// With CONFIG_DEBUG_KOBJECT_RELEASE a driver's folder goes up to 4 s after its unload, and its name is
  /// taken until then (kobject_release()).
  private func awaitGone(_ driver: RacedDriver) throws {
    let start = MonotonicClock.now()
    while sysfs.root.exists("bus/\(driver.bus)/drivers/\(driver.name)"), !isLoaded(driver) {
      guard MonotonicClock.now() - start < deadline.nanoseconds else {
        throw RunStop.skip("driver \(driver.name) is unloaded, and its folder in sysfs stays")
      }
      usleep(2000)
    }
  }

  /// Loads a driver in the mode that the pattern asks for, also where it is loaded in another.
  private func load(_ driver: RacedDriver, _ wanted: RacedDriver.Mode? = nil) throws {
    let mode = wanted ?? pattern.mode ?? driver.ownMode ?? .synchronous
    if isLoaded(driver) {
      if instruments.modes[driver] == mode { return }
      try unload(driver)
    }
    try subject.conditions.set(mode, of: driver)
    guard let load = driver.load(mode) else { return }
    try awaitGone(driver)
    if let module = driver.module {
      let loader = ModuleLoader(sysfs: sysfs, ledger: instruments.ledger, deadline: deadline)
      try loader.note(module)
    }
    try instruments.perform([load])
    instruments.modes[driver] = mode
    mayProbe = true
  }

  private func unload(_ driver: RacedDriver) throws {
    guard let unload = driver.unload else { return }
    // A race may have unloaded it just now.
    guard isLoaded(driver) else { return try awaitGone(driver) }
    // Unloading races every device of the driver: the run must have made them all, or race the only
    // one there is.
    let made = subject.made.union([subject.device.devpath])
    let blocked = instruments.deviceGuard.reasonNotUnloadable(
      bus: driver.bus, driver: driver.name, madeByRun: made)
    if let blocked { throw RunStop.skip(blocked) }
    if let module = driver.module {
      let reason = instruments.deviceGuard.reasonNotUnloadable(module: module, madeByRun: made)
      if let reason { throw RunStop.skip(reason) }
      try noteReload(driver)
    }
    if mayProbe { try settle() }
    try instruments.perform([unload])
    try awaitGone(driver)
    // A race that loads it does so in the pattern's mode.
    instruments.modes[driver] = pattern.mode ?? driver.ownMode ?? .synchronous
  }
}
