public import DriverModel

extension Configuration {
  /// What of `Match=` means nothing on this host as it is now, a sentence each: it may come yet, and may be
  /// misspelt.
  public func unmatched(in sysfs: Sysfs) -> [String] {
    guard daemon.mode == .race, let buses = try? sysfs.buses() else { return [] }
    let devices = buses.flatMap { (try? sysfs.devices(bus: $0)) ?? [] }
    return daemon.match.compactMap { glob in
      let found = devices.filter {
        glob.names(bus: $0.bus, name: $0.name, driver: $0.driver, devpath: $0.devpath)
      }
      let problem = found.isEmpty ? absence(of: glob, in: sysfs) : denial(of: found)
      return problem.map { "Match=\(glob.description.quoted): \($0)" }
    }
  }

  private func absence(of glob: DeviceGlob, in sysfs: Sysfs) -> String {
    let unless =
      race.onAdd ? "nothing is raced by it before that changes" : "nothing is raced by it"
    guard let target = glob.target else { return "no device matches it now: \(unless)" }
    do throws(TargetError) {
      _ = try sysfs.devices(of: target)
      return "the driver has no devices now: \(unless)"
    } catch {
      return "\(error.problem): \(unless)"
    }
  }

  /// Nil where one of them is raced.
  private func denial(of devices: [Device]) -> String? {
    var denying: DeviceGlob?
    for device in devices {
      let answer = daemon.devices.answer(
        bus: device.bus, name: device.name, driver: device.driver, devpath: device.devpath)
      guard case .denied(let glob) = answer else { return nil }
      denying = denying ?? glob
    }
    return denying.map { "all that it matches now is denied, as by Deny=\($0.description.quoted)" }
  }
}
