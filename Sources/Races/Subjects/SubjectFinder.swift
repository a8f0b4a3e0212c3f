internal import DriverModel
internal import Evidence
internal import HostSafety

/// Finds what to race on a device that is there: its driver, and the module of that.
struct SubjectFinder {
  let sysfs: Sysfs
  let modprobe: Modprobe
  private let proc: Directory?

  init(
    sysfs: Sysfs, proc: Directory? = try? Directory("/proc"),
    modprobe: Modprobe = Modprobe(limit: .seconds(30))
  ) {
    self.sysfs = sysfs
    self.proc = proc
    self.modprobe = modprobe
  }

  /// - Throws: `RunStop.skip` where nobody can tell which driver to race, or it may not be loaded.
  func subject(_ device: Device, ledger: Ledger, deadline: Duration) throws -> Subject {
    if let found = try foreseen(device) { return found }
    let module = try matching(device)
    let loader = ModuleLoader(sysfs: sysfs, ledger: ledger, deadline: deadline)
    // Undone after the binding: by then the device has no driver again, and so is no newcomer.
    try loader.note(module)
    try ledger.record(.binding(BindingChange(device, sys: sysfs.root)))
    if let reason = try loader.load(module) {
      throw RunStop.skip("module \(module) could not be loaded: \(reason)")
    }
    return try subject(device, module: module)
  }

  /// The same, as far as it can be told without changing anything; nil where a module would be loaded first.
  func foreseen(_ device: Device) throws -> Subject? {
    if let driver = device.driver {
      return try subject(device, driver: driver, module: device.module)
    }
    let module = try matching(device)
    return try Modules(sysfs).isLoaded(module) ? try subject(device, module: module) : nil
  }

  /// The module that matches a device without a driver by its alias: the first that is loaded, or may be.
  private func matching(_ device: Device) throws -> String {
    let found = try device.modalias.map { alias throws(SystemError) in
      try modprobe.modules(alias: alias)
    }
    var obstacle: String?
    for module in found ?? [] {
      if try Modules(sysfs).isLoaded(module) { return module }
      guard let reason = try modprobe.obstacle(toLoading: module) else { return module }
      obstacle = obstacle ?? reason
    }
    throw RunStop.skip(
      "no driver is bound to \(device.target), and \(obstacle ?? "no module matches it")")
  }

  private func subject(_ device: Device, module: String) throws -> Subject {
    let driver = try Modules(sysfs).drivers(module).first { $0.bus == device.bus }
    guard let driver else {
      throw RunStop.skip("module \(module) brings no driver for the bus \(device.bus)")
    }
    return try subject(device, driver: driver.name, module: module)
  }

  private func subject(_ device: Device, driver: String, module: String?) throws -> Subject {
    guard let found = try sysfs.driver(bus: device.bus, name: driver) else {
      throw RunStop.skip("the driver \(driver) of \(device.target) went away")
    }
    guard found.hasBindFiles else {
      throw RunStop.skip(
        "the driver \(driver) has no bind and unbind files (it sets suppress_bind_attrs)")
    }
    let isAsynchronous = AsynchronousDrivers.isKnown(driver) ?? false
    let requested =
      isAsynchronous
      ? nil : AsynchronousByRequest.of(driver, module: module, sys: sysfs.root, proc: proc)
    return Subject(
      device: device,
      driver: RacedDriver(
        bus: device.bus, name: driver, source: try source(driver, module),
        ownMode: isAsynchronous || requested != nil ? .asynchronous : nil, requested: requested),
      hotplug: try .of(device, in: sysfs),
      rescan: device.bus == "pci" ? .rescan() : nil)
  }

  /// What is raced of a driver's module has to come back, and go at all.
  private func source(_ driver: String, _ module: String?) throws -> RacedDriver.Source {
    guard let module else {
      // A driver that was registered without its module's name has no link (module_add_driver()).
      return .fixed("the driver \(driver) does not say which module it is of")
    }
    let modules = Modules(sysfs)
    // A part of the kernel can have a module's name.
    guard try modules.isLoaded(module) else { return .partOfKernel(driver) }
    let holders = try modules.holders(module)
    if !holders.isEmpty {
      return .fixed("module \(module) is used by \(holders.joined(separator: ", "))")
    }
    return try modprobe.obstacle(toReloading: module).map { .fixed($0) } ?? .module(module)
  }
}

extension String {
  /// The last line, for a message of one line.
  var oneLine: String { split(separator: "\n").last.map(String.init) ?? self }
}
