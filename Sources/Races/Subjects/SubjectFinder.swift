internal import DriverModel
internal import Evidence
internal import HostSafety

/// Finds what to race on a device that is there: its driver, and the module of that.
struct SubjectFinder {
  let sysfs: Sysfs

  /// - Throws: `RunStop.skip` where nobody can tell which driver to race.
  func subject(_ device: Device, ledger: Ledger, deadline: Duration) throws -> Subject {
    if let driver = device.driver {
      return try subject(device, driver: driver, module: device.module)
    }
    // Without a driver, the module that matches the device by its alias is asked what it brings.
    guard let alias = device.modalias, let module = try module(alias: alias, deadline) else {
      throw RunStop.skip("no driver is bound to \(device.target), and no module matches it")
    }
    let modules = Modules(sysfs)
    if try !modules.isLoaded(module) {
      try ledger.record(.binding(BindingChange(device, sys: sysfs.root)))
      let loader = ModuleLoader(sysfs: sysfs, ledger: ledger, deadline: deadline)
      if let reason = try loader.load(module) {
        throw RunStop.skip("module \(module) could not be loaded: \(reason)")
      }
    }
    guard let driver = try modules.drivers(module).first(where: { $0.bus == device.bus }) else {
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
    // A part of the kernel can have a module's name, and neither comes nor goes.
    var source = RacedDriver.Source.kernel
    if let module, try Modules(sysfs).isLoaded(module) { source = .module(module) }
    return Subject(
      device: device,
      driver: RacedDriver(
        bus: device.bus, name: driver, source: source,
        ownMode: isAsynchronous ? .asynchronous : nil),
      hotplug: try .of(device, in: sysfs),
      rescan: device.bus == "pci" ? .rescan() : nil)
  }

  /// The first module that an alias resolves to.
  private func module(alias: String, _ deadline: Duration) throws -> String? {
    var child = try ChildProcess(["/sbin/modprobe", "-R", alias], capturesOutput: true)
    guard try child.wait(deadline) == .exited(0) else { return nil }
    return child.output.split(separator: "\n").first.map(String.init)
  }
}

extension String {
  /// The last line, for a message of one line.
  var oneLine: String { split(separator: "\n").last.map(String.init) ?? self }
}
