import DriverModel
import Evidence
import Glibc
import Synchronization
import TemporaryFolder

@testable import HostSafety

/// A host of files in a temporary folder, with the little of a kernel that restoring needs: bind and
/// unbind move the driver link, modprobe makes and takes folders, kprobe_events learns "-:". Its guard
/// sees it, so devices can be put to use.
final class MockHost: HostActions {
  let tree = TemporaryFolder()
  private let usePatience: Duration
  private let log = Mutex<[String]>([])
  private let errors = Mutex<[String: [Int32]]>([:])
  /// By what is logged: what the kernel does besides.
  private let effects = Mutex<[String: @Sendable (MockHost) -> Void]>([:])
  /// Parameters that a module has by itself.
  private let defaults = Mutex<[String: [String: String]]>([:])

  init(usePatience: Duration = .zero) {
    self.usePatience = usePatience
    for folder in ["sys", "tracing/instances", "proc"] { tree.make(folder) }
    tree.file("proc/sys/kernel/random/boot_id", "boot-1\n")
    tree.file("tracing/kprobe_events", "")
    tree.makeFirstProcess()
    setOwnProcess(pid: 100, start: 5000)
  }

  var folder: String { "\(tree.path)/ledger" }
  /// What was done, in order: "write sys/… TEXT", "load NAME …".
  var done: [String] { log.withLock { $0 } }
  var proc: Directory { get throws { try tree.directory("proc") } }
  var host: Host {
    get throws {
      let sys = try tree.directory("sys")
      return Host(
        sys: sys, proc: try proc, tracing: "\(tree.path)/tracing",
        run: "\(tree.path)/run", actions: self,
        deviceGuard: Guard(
          sys: sys, proc: try proc, dev: nil, etc: nil, udev: nil,
          readNetwork: { () throws(SystemError) in Network() },
          readSignature: { (_, _) throws(SystemError) in nil },
          readUnits: { (_) throws(SystemError) in [] }), patience: .milliseconds(100),
        usePatience: usePatience,
        udevPatience: .milliseconds(100), modulePatience: .milliseconds(100))
    }
  }
  var restore: Restore {
    get throws {
      Restore(host: try host, folder: folder, limit: .milliseconds(100), program: nil)
    }
  }

  /// Answers what would be logged so with these errnos, one each time.
  func fail(_ entry: String, _ errnos: Int32...) { errors.withLock { $0[entry] = errnos } }

  /// What happens besides, after what would be logged so.
  func when(_ entry: String, _ effect: @escaping @Sendable (MockHost) -> Void) {
    effects.withLock { $0[entry] = effect }
  }

  func ledger(_ run: String = "run-1") throws -> Ledger {
    try Ledger(run: run, folder: folder, proc: try proc)
  }

  /// The ledger of a run that is killed with these changes made. A run holds its ledger while it lives.
  func leave(_ changes: Change..., run: String = "run-1") throws {
    let ledger = try ledger(run)
    for change in changes { try ledger.record(change) }
  }

  /// Restores as a later process would, after the one that wrote the ledgers has ended.
  func restoreAfterCrash() throws -> Restore.Report {
    endProcess(100)
    return try runRestore()
  }

  func runRestore() throws -> Restore.Report {
    try restore.run(holding: try HostLock("\(tree.path)/lock"))
  }

  func setOwnProcess(pid: Int, start: Int, state: String = "S") {
    let stat = "\(pid) (a (b) c) \(state) 1" + String(repeating: " 0", count: 17) + " \(start) 0\n"
    tree.file("proc/\(pid)/stat", stat)
    tree.file("proc/self/stat", stat)
  }

  func endProcess(_ pid: Int) { tree.remove("proc/\(pid)") }

  /// A device on the bus "b" with a driver or none.
  func addDevice(_ name: String = "d0", driver: String? = nil, wwid: String = "w0") {
    tree.file("sys/devices/\(name)/wwid", "\(wwid)\n")
    for driver in ["one", "two", "three"] {
      tree.file("sys/bus/b/drivers/\(driver)/bind", "")
      tree.file("sys/bus/b/drivers/\(driver)/unbind", "")
    }
    tree.link("sys/devices/\(name)/subsystem", to: "../../bus/b")
    tree.link("sys/bus/b/devices/\(name)", to: "../../../devices/\(name)")
    if let driver { bind(name, driver) }
  }

  /// Makes folders whose numbers grow in this order, as those of sysfs do.
  func makeFolders(inOrder paths: [String]) throws {
    let made = paths.indices.map { "folder-\($0)" }
    for name in made { tree.make(name) }
    let root = try tree.directory(".")
    let sorted = made.sorted { (root.inode($0) ?? 0) < (root.inode($1) ?? 0) }
    for (name, path) in zip(sorted, paths) {
      tree.make(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
      unsafe rename("\(tree.path)/\(name)", "\(tree.path)/\(path)")
    }
  }

  func bind(_ device: String, _ driver: String) {
    tree.link("sys/devices/\(device)/driver", to: "../../bus/b/drivers/\(driver)")
    tree.link("sys/bus/b/drivers/\(driver)/\(device)", to: "../../../../devices/\(device)")
  }

  func unbind(_ device: String) {
    if let driver = driver(device) { tree.remove("sys/bus/b/drivers/\(driver)/\(device)") }
    tree.remove("sys/devices/\(device)/driver")
  }

  func driver(_ device: String = "d0") -> String? {
    (try? tree.directory("sys").linkName("devices/\(device)/driver")) ?? nil
  }

  func addModule(_ name: String, parameters: [String: String] = [:], driver: String? = nil) {
    tree.file("sys/module/\(name)/initstate", "live\n")
    for (parameter, value) in parameters {
      tree.file("sys/module/\(name)/parameters/\(parameter)", "\(value)\n")
    }
    if let driver {
      tree.link("sys/module/\(name)/drivers/b:\(driver)", to: "../../../bus/b/drivers/\(driver)")
    }
  }

  /// What a load without options gives it.
  func setDefaults(of module: String, _ parameters: [String: String]) {
    defaults.withLock { $0[module] = parameters }
  }

  /// Mounts a file system on a disk below the device.
  func mount(_ device: String = "d0") {
    let disk = "devices/\(device)/block/sda"
    tree.make("sys/\(disk)/holders")
    tree.link("sys/class/block/sda", to: "../../\(disk)")
    tree.link("sys/dev/block/8:0", to: "../../\(disk)")
    tree.file(
      "proc/1/mountinfo",
      "22 1 0:21 / /proc rw - proc proc rw\n30 1 8:0 / /mnt rw - ext4 /dev/sda rw\n")
  }

  func write(_ path: String, _ text: String) throws(SystemError) {
    let name = try note("write", path, text)
    // Sysfs shows a value without the newline it was written with, and with one of its own.
    tree.file(name, text.filter { $0 != "\n" } + "\n")
    happen("write \(name) \(text.filter { $0 != "\n" })")
  }

  func append(_ path: String, _ text: String) throws(SystemError) {
    let name = try note("append", path, text)
    let event = text.dropFirst(2).filter { $0 != "\n" }
    let lines = (tree.text(name) ?? "").split(separator: "\n").filter { line in
      line.split(separator: ":")[1].split(separator: " ")[0] != event
    }
    tree.file(name, lines.map { $0 + "\n" }.joined())
  }

  func removeDirectory(_ path: String) throws(SystemError) {
    tree.remove(try note("rmdir", path, nil))
  }

  func writeWaiting(_ path: String, _ text: String) throws(SystemError) {
    let name = try note("write", path, text)
    let parts = name.split(separator: "/")
    switch parts.last {
    case "unbind": unbind(text)
    case "bind":
      if driver(text) != nil { throw SystemError("write", path, EBUSY) }
      bind(text, String(parts[parts.count - 2]))
    case "scan": tree.make("sys/devices/\(text)")
    default: tree.file(name, (text == "\n" ? "(null)" : text) + "\n")
    }
    happen("write \(name) \(text.filter { $0 != "\n" })")
  }

  func readWaiting(_ path: String) throws(SystemError) -> String {
    try Directory(tree.path).text(try note("read", path, nil))
  }

  func load(_ module: String, _ options: [String]) throws(SystemError) {
    let entry = "load \(module) \(options.joined(separator: " "))"
    _ = try note("load", module, options.isEmpty ? nil : options.joined(separator: " "))
    var parameters = defaults.withLock { $0[module] ?? [:] }
    for option in options where parameters[String(option.prefix { $0 != "=" })] != nil {
      parameters[String(option.prefix { $0 != "=" })] = String(
        option.drop { $0 != "=" }.dropFirst())
    }
    addModule(module, parameters: parameters)
    happen(entry.filter { $0 != "\n" })
  }

  func unload(_ module: String) throws(SystemError) {
    _ = try note("unload", module, nil)
    tree.remove("sys/module/\(module)")
    happen("unload \(module)")
  }

  func runUdevQueue(_ runs: Bool, within limit: Duration) throws(SystemError) {
    _ = try note("udev queue", "run/udev/control", runs ? "runs" : "stands")
  }

  func shareWithChildren(_ descriptor: Int32) {}

  private func happen(_ entry: String) {
    var entry = entry[...]
    while entry.last == " " { entry.removeLast() }
    effects.withLock { $0[String(entry)] }?(self)
  }

  /// Logs it, and fails where the test wants it to; the path relative to the tree.
  private func note(_ call: String, _ path: String, _ text: String?) throws(SystemError) -> String {
    let root = tree.path + "/"
    let name = path.hasPrefix(root) ? String(path.dropFirst(root.utf8.count)) : path
    let line = [call, name] + (text.map { [$0.filter { $0 != "\n" }] } ?? [])
    let entry = line.joined(separator: " ")
    log.withLock { $0.append(entry) }
    let error = errors.withLock { errors in
      errors[entry]?.isEmpty == false ? errors[entry]?.removeFirst() : nil
    }
    if let error { throw SystemError(call, name, error) }
    return name
  }
}
