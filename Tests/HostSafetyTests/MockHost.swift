import DriverModel
import Evidence
import Glibc
import Synchronization

@testable import HostSafety

/// A host of files in a temporary folder, with the little of a kernel that restoring needs: bind and
/// unbind move the driver link, modprobe makes and takes folders, kprobe_events learns "-:".
final class MockHost: HostActions {
  let tree = Tree()
  private let log = Mutex<[String]>([])
  private let errors = Mutex<[String: [Int32]]>([:])

  init() {
    for folder in ["sys", "tracing/instances", "proc"] { tree.makeFolder(folder) }
    tree.file("proc/sys/kernel/random/boot_id", "boot-1\n")
    tree.file("tracing/kprobe_events", "")
    setOwnProcess(pid: 100, start: 5000)
  }

  var folder: String { "\(tree.path)/ledger" }
  /// What was done, in order: "write sys/… TEXT", "load NAME …".
  var done: [String] { log.withLock { $0 } }
  var proc: Directory { get throws { try tree.directory("proc") } }
  var host: Host {
    get throws {
      Host(
        sys: try tree.directory("sys"), proc: try proc, tracing: "\(tree.path)/tracing",
        actions: self, patience: .milliseconds(100))
    }
  }
  var restore: Restore { get throws { Restore(host: try host, folder: folder) } }

  /// Answers what would be logged so with these errnos, one each time.
  func fail(_ entry: String, _ errnos: Int32...) { errors.withLock { $0[entry] = errnos } }

  func ledger(_ run: String = "run-1") throws -> Ledger {
    try Ledger(run: run, folder: folder, proc: try proc)
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
    if let driver { bind(name, driver) }
  }

  func bind(_ device: String, _ driver: String) {
    tree.link("sys/devices/\(device)/driver", to: "../../bus/b/drivers/\(driver)")
  }

  func unbind(_ device: String) { tree.remove("sys/devices/\(device)/driver") }

  func driver(_ device: String = "d0") -> String? {
    (try? tree.directory("sys").linkName("devices/\(device)/driver")) ?? nil
  }

  func addModule(_ name: String) { tree.file("sys/module/\(name)/initstate", "live\n") }

  func write(_ path: String, _ text: String) throws(SystemError) {
    let name = try note("write", path, text)
    // Sysfs shows a value without the newline it was written with, and with one of its own.
    tree.file(name, text.filter { $0 != "\n" } + "\n")
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
    case "scan": tree.makeFolder("sys/devices/\(text)")
    default: tree.file(name, (text == "\n" ? "(null)" : text) + "\n")
    }
  }

  func readWaiting(_ path: String) throws(SystemError) -> String {
    try Directory(tree.path).text(try note("read", path, nil))
  }

  func load(_ module: String, _ options: [String]) throws(SystemError) {
    _ = try note("load", module, options.joined(separator: " "))
    addModule(module)
  }

  func unload(_ module: String) throws(SystemError) {
    _ = try note("unload", module, nil)
    tree.remove("sys/module/\(module)")
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
