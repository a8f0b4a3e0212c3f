internal import DriverModel
internal import Evidence
internal import Verdicts

/// Who did what, for whoever looks on.
extension DeviceWatch {
  func say(_ record: TraceRecord) {
    if let deed = deeds.take(record) { say(deed) }
  }

  /// Whoever waits in the kernel for the end of his write is told of too.
  func sayOverdue() {
    let seconds = Self.checkInterval.components.seconds
    let time = Time(nanoseconds: MonotonicClock.now().nanoseconds - seconds * 1_000_000_000)
    for deed in deeds.overdue(since: time) { say(deed) }
  }

  /// The trace knows a device's name alone: where it is, sysfs tells, or what the kernel announced of it.
  private func say(_ deed: WatchEvent.Deed) {
    var deed = deed
    let place: WatchJudge.Place?
    switch deed.kind {
    case .add, .remove:
      place = announced.take(deed.kind, name: deed.device)
      // Devices without a bus or a class, which the kernel announces to nobody.
      if place == nil { return }
    case .attach, .detach: place = self.place(deed.device, deed.driver)
    case .bind, .unbind:
      place = written(deed.device, deed.driver)
      deed.answer = deed.errno.map {
        $0 == 0 ? "success" : SystemError(deed.kind.rawValue, "", $0).reason
      }
    }
    if let place {
      deed.device = "\(place.bus)/\(deed.device)"
      deed.devpath = place.devpath
    }
    handler(.deed(deed))
  }

  /// A name can be on several buses: the driver's decides, else what is there alone, or was.
  func place(_ name: String, _ driver: String) -> WatchJudge.Place? {
    let devices = buses.compactMap { find($0, name) }
    let device = devices.first { hasDriver($0.bus, driver) } ?? devices.alone
    return device.map { WatchJudge.Place(bus: $0.bus, devpath: $0.devpath) }
      ?? unbound.place(of: name)
  }

  /// What is written names a device of the driver's bus, or none at all.
  private func written(_ name: String, _ driver: String) -> WatchJudge.Place? {
    let buses = self.buses.filter { hasDriver($0, driver) }
    if let device = buses.compactMap({ find($0, name) }).first {
      return WatchJudge.Place(bus: device.bus, devpath: device.devpath)
    }
    return buses.alone.map { WatchJudge.Place(bus: $0, devpath: "") }
  }

  private var buses: [String] { (try? sysfs.buses()) ?? [] }

  private func find(_ bus: String, _ name: String) -> Device? {
    // Anything can be written.
    guard !name.isEmpty, name != ".", name != "..", !name.contains("/") else { return nil }
    return (try? sysfs.device(bus: bus, name: name)) ?? nil
  }

  private func hasDriver(_ bus: String, _ driver: String) -> Bool {
    !driver.isEmpty && sysfs.root.exists("bus/\(bus)/drivers/\(driver)")
  }
}

extension Array {
  /// The only element.
  fileprivate var alone: Element? { count == 1 ? first : nil }
}
