internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety

/// Brings a subject into the state that a pattern starts from, whatever state it is in.
struct Preparation {
  let instruments: Instruments
  let subject: Subject
  let deadline: Duration

  private var sysfs: Sysfs { instruments.sysfs }

  /// Why the subject cannot be brought there; nil where it can.
  func obstacle(_ start: Pattern.Start) -> String? {
    switch start {
    case .bound, .unbound, .absentAndDriverUnloaded:
      return nil
    case .absent:
      guard subject.removal != nil, subject.addition != nil else {
        return "the bus \(subject.device.bus) has no way to remove a device and find it again"
      }
      return nil
    case .driverUnloaded:
      guard let module = subject.module else {
        return "the driver \(subject.driver) is part of the kernel and cannot be loaded again"
      }
      return blockedUnload(module)
    }
  }

  /// Notes in the ledger what a start state and the race will change.
  func note(_ start: Pattern.Start) throws {
    guard subject.made.isEmpty else { return }
    let device = try sysfs.device(bus: subject.device.bus, name: subject.device.name)
    if let device {
      try instruments.ledger.record(
        .binding(BindingChange(device, raced: [subject.driver], sys: sysfs.root)))
    }
    if start == .absent, let addition = subject.addition {
      try instruments.ledger.record(
        .deviceRemoved(
          DeviceRemovedChange(
            devpath: subject.device.devpath, scan: addition.path,
            text: String(decoding: addition.bytes, as: UTF8.self))))
    }
  }

  /// True when something was done that may still be going on.
  func reach(_ start: Pattern.Start) throws -> Bool {
    switch start {
    case .bound, .unbound, .absentAndDriverUnloaded: return try bind()
    case .absent: return try remove()
    case .driverUnloaded: return try unload()
    }
  }

  private func bind() throws -> Bool {
    var isChanged = try load()
    if !isPresent, let addition = subject.addition {
      try instruments.perform([.verb(addition)])
      isChanged = true
    }
    // What was added or loaded probes by itself, and that may take its time.
    if isChanged { _ = try instruments.drain(window: .milliseconds(500)) }
    switch try sysfs.driver(of: subject.device) {
    case subject.driver:
      return isChanged
    case nil:
      do {
        try instruments.perform([
          .verb(
            .bind(subject.device, to: subject.driver), retry: [EAGAIN], patience: .seconds(1))
        ])
      } catch let error as SystemError where error.errno == EBUSY {
        // Somebody else was faster, which is as good where it is the same driver.
        guard try sysfs.driver(of: subject.device) == subject.driver else { throw error }
      }
      return true
    case let other?:
      throw RunStop.skip("\(subject.target) is bound to \(other)")
    }
  }

  private func remove() throws -> Bool {
    var isChanged = try load()
    if isPresent, let removal = subject.removal {
      try instruments.perform([.verb(removal)])
      isChanged = true
    }
    return isChanged
  }

  private func unload() throws -> Bool {
    var isChanged = false
    if !isPresent, let addition = subject.addition {
      try instruments.perform([.verb(addition)])
      isChanged = true
    }
    guard let module = subject.module, try Modules(sysfs).isLoaded(module) else { return isChanged }
    if let blocked = blockedUnload(module) { throw RunStop.skip(blocked) }
    if isChanged { _ = try instruments.drain(window: .milliseconds(500)) }
    try instruments.ledger.record(.moduleUnloaded(ModuleUnloadedChange(module, options: [])))
    try instruments.perform([.module(.unload(module))])
    return true
  }

  private func load() throws -> Bool {
    guard let module = subject.module, try !Modules(sysfs).isLoaded(module) else { return false }
    let loader = ModuleLoader(sysfs: sysfs, ledger: instruments.ledger, deadline: deadline)
    let before = try Modules(sysfs).loaded()
    try loader.note(module)
    try instruments.perform([.module(.load(module))])
    try loader.noteNew(since: before)
    return true
  }

  private var isPresent: Bool { sysfs.root.exists(subject.device.path) }

  /// Unloading races every device of the driver: the run must have made them all, or race the only
  /// one there is.
  private func blockedUnload(_ module: String) -> String? {
    instruments.deviceGuard.reasonNotUnloadable(
      module: module, madeByRun: subject.made.union([subject.device.devpath]))
  }
}
