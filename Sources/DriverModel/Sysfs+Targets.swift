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
      let module = moduleHint(name)
      throw Missing(
        "the bus '\(bus)' has no driver '\(name)'"
          + (try module ?? hint(name, among: driverNames(bus: bus), prefix: "driver:\(bus)/")))
    }
    return try driver.devices.compactMap { try device(bus: bus, name: $0) }
  }

  /// Where a path of /sys or a node of /dev leads, "/devices/…", with links followed; nil where that is
  /// nowhere, or not among the devices.
  public func devpath(at path: String) throws(SystemError) -> String? {
    let path = try place(path).flatMap { path throws(SystemError) in try resolve(path) }
    return path.flatMap { $0.hasPrefix("devices/") ? "/\($0)" : nil }
  }

  /// The device of a bus that carries what a path means, where that is a node of /dev or a device of a class
  /// such as /sys/block/sda; nil where it is another path of /sys, or one of nothing.
  public func carrier(at path: String) throws(TargetError) -> Device? {
    if !path.hasPrefix("/dev/") {
      guard let found = try? place(path).flatMap({ try resolve($0) }), isOfClass(found) else {
        return nil
      }
    }
    return try devices(of: .path(path)).first
  }

  /// The path from the root of what is written as a path of /sys or as a node; nil for a node of nothing.
  private func place(_ path: String) -> String? {
    path.hasPrefix("/dev/") ? node(path)?.path : String(path.dropFirst("/sys/".utf8.count))
  }

  private func device(at given: String) throws -> Device {
    guard let place = place(given) else { throw Missing("no such node of a device") }
    guard let path = try resolve(place) else {
      throw Missing(
        given.hasPrefix("/dev/")
          ? "the kernel has no device \(place)"
          : "no such path; `bindrace devices` lists what is there")
    }
    if let device = try device(onBusAt: path) { return device }
    if isOfClass(path) { return try carrier(of: path) }
    var above: String? = path
    while let next = above.flatMap(parent) {
      if let device = try device(onBusAt: next) {
        throw Missing("no device of a bus; did you mean \(device.target), which it belongs to?")
      }
      above = next
    }
    throw Missing("no device of a bus, nor below one; `bindrace devices` lists what is there")
  }

  /// True for the folder of a device that a class has, not a bus.
  private func isOfClass(_ path: String) -> Bool {
    let parts = ((try? root.link("\(path)/subsystem")) ?? nil)?.split(separator: "/") ?? []
    return parts.count >= 2 && parts[parts.count - 2] != "bus"
  }

  /// The nearest device above that can be bound and unbound.
  private func carrier(of path: String) throws -> Device {
    var obstacle: String?
    var above = parent(path)
    while let next = above {
      above = parent(next)
      guard let device = try device(onBusAt: next) else { continue }
      guard let name = device.driver else { return device }
      if try driver(bus: device.bus, name: name)?.hasBindFiles ?? false { return device }
      obstacle =
        obstacle
        ?? "\(device.target) carries it, whose driver \(name) has no bind and unbind files"
    }
    if let obstacle { throw Missing(obstacle) }
    let controllers = try controllers(of: path)
    if let only = controllers.first, controllers.count == 1 { return only }
    if !controllers.isEmpty {
      throw Missing("several carry it: \(controllers.map(\.target).joined(separator: ", "))")
    }
    let slaves = (try? root.names("\(path)/slaves")) ?? []
    throw Missing(
      "no device of a bus carries it"
        + (slaves.isEmpty
          ? "" : "; it is made of \(slaves.map { "/dev/\($0)" }.joined(separator: ", "))"))
  }

  /// Those of an NVMe disk that can have several: it hangs on their subsystem, which has links to them
  /// (drivers/nvme/host/multipath.c).
  private func controllers(of path: String) throws -> [Device] {
    guard let subsystem = parent(path) else { return [] }
    return try root.names(subsystem).compactMap { name in
      guard name.hasPrefix("nvme"), try root.link("\(subsystem)/\(name)") != nil,
        let controller = try resolve("\(subsystem)/\(name)")
      else { return nil }
      return try carrier(of: controller)
    }
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

  /// Where a module of the driver's name is there, and not loaded.
  private func moduleHint(_ name: String) -> String? {
    guard ((try? Modules(self).state(name)) ?? nil) == nil,
      var child = try? ChildProcess([modinfo, "-n", "--", name], capturesOutput: true),
      (try? child.wait(.seconds(10))) == .exited(0), child.output.hasPrefix("/")
    else { return nil }
    return "; load its module: modprobe \(name)"
  }

  private func hint(_ name: String, among names: [String], prefix: String) -> String {
    if let near = nearest(to: name, among: names) { return "; did you mean \(prefix)\(near)?" }
    if names.isEmpty { return ": it has none" }
    let some = names.prefix(5).joined(separator: ", ")
    return names.count > 5
      ? "; there are \(some) and \(names.count - 5) more" : "; there are \(some)"
  }
}
