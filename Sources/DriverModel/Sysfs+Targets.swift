public import Evidence
internal import Glibc

extension Sysfs {
  /// The devices that a target means now.
  ///
  /// A driver without devices means none. A provider's devices are made by the run: it throws here.
  /// Errors name what was not found, and the nearest that is there.
  public func devices(of target: Target) throws(TargetError) -> [Device] {
    do {
      switch target {
      case .device(let bus, let name): return [try device(bus, name)]
      case .path(let path): return [try device(at: path)]
      case .driver(let bus, let name): return try devices(ofDriver: name, bus)
      case .provider(let name):
        throw Missing("the devices of '\(name)' are made when the run begins")
      }
    } catch let missing as Missing {
      throw TargetError(target: target.description, problem: missing.problem)
    } catch {
      throw TargetError(target: target.description, problem: "\(error)")
    }
  }

  private struct Missing: Error {
    let problem: String

    init(_ problem: String) { self.problem = problem }
  }

  private func device(_ bus: String, _ name: String) throws -> Device {
    try require(bus: bus)
    if let device = try device(bus: bus, name: name) { return device }
    for other in try buses() where try device(bus: other, name: name) != nil {
      throw Missing("the bus '\(bus)' has no device '\(name)'; did you mean \(other)/\(name)?")
    }
    throw Missing(
      "the bus '\(bus)' has no device '\(name)'"
        + hint(name, among: try deviceNames(bus: bus), prefix: "\(bus)/"))
  }

  private func devices(ofDriver name: String, _ bus: String) throws -> [Device] {
    try require(bus: bus)
    guard let driver = try driver(bus: bus, name: name) else {
      throw Missing(
        "the bus '\(bus)' has no driver '\(name)'"
          + hint(name, among: try driverNames(bus: bus), prefix: "driver:\(bus)/"))
    }
    return try driver.devices.compactMap { try device(bus: bus, name: $0) }
  }

  /// Where a path of /sys leads, "/devices/…", with links followed; nil where that is nowhere, or not
  /// among the devices.
  public func devpath(at syspath: String) throws(SystemError) -> String? {
    let path = try resolve(String(syspath.dropFirst("/sys/".utf8.count)))
    return path.flatMap { $0.hasPrefix("devices/") ? "/\($0)" : nil }
  }

  private func device(at syspath: String) throws -> Device {
    let given = String(syspath.dropFirst("/sys/".count))
    guard let path = try resolve(given) else {
      throw Missing("no such path; `bindrace devices` lists what is there")
    }
    if let device = try device(onBusAt: path) { return device }
    var above: String? = path
    while let next = above.flatMap(parent) {
      if let device = try device(onBusAt: next) {
        throw Missing("no device of a bus; did you mean \(device.target), which it belongs to?")
      }
      above = next
    }
    throw Missing("no device of a bus, nor below one; `bindrace devices` lists what is there")
  }

  /// The path without symbolic links, relative to the root; nil where it does not exist.
  private func resolve(_ path: String) throws(SystemError) -> String? {
    var rest = path.split(separator: "/").map(String.init)
    var done: [String] = []
    var links = 0
    while !rest.isEmpty {
      let part = rest.removeFirst()
      if part == ".." {
        _ = done.popLast()
        continue
      }
      let next = (done + [part]).joined(separator: "/")
      guard let link = try root.link(next) else {
        done.append(part)
        continue
      }
      links += 1
      guard links <= 40 else { throw SystemError("readlink", root.object(path), ELOOP) }
      rest = link.split(separator: "/").map(String.init) + rest
    }
    let whole = done.joined(separator: "/")
    return root.exists(whole) ? whole : nil
  }

  private func require(bus: String) throws {
    let buses = try buses()
    if !buses.contains(bus) {
      throw Missing("there is no bus '\(bus)'" + hint(bus, among: buses, prefix: ""))
    }
  }

  private func hint(_ name: String, among names: [String], prefix: String) -> String {
    if let near = nearest(to: name, among: names) { return "; did you mean \(prefix)\(near)?" }
    if names.isEmpty { return ": it has none" }
    let some = names.prefix(5).joined(separator: ", ")
    return names.count > 5
      ? "; there are \(some) and \(names.count - 5) more" : "; there are \(some)"
  }
}
