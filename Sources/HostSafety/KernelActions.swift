internal import CLinux
internal import DriverModel
public import Evidence
internal import Glibc

/// Does it to this machine.
public struct KernelActions: HostActions {
  private let deadline: Duration
  private let moduleDeadline: Duration
  private let program: [String]

  /// - Parameters:
  ///   - deadline: when what waits for a device's lock is left alone.
  ///   - moduleDeadline: the same of modprobe(8) and rmmod(8): hundreds of disks go one after the other.
  ///   - program: what offers the commands `__write` and `__read`: bindrace itself.
  public init(
    deadline: Duration = .seconds(120), moduleDeadline: Duration = .seconds(300),
    program: [String] = ["/proc/self/exe"]
  ) {
    self.deadline = deadline
    self.moduleDeadline = moduleDeadline
    self.program = program
  }

  public func write(_ path: String, _ text: String) throws(SystemError) {
    try WaitingChild.write(path, text)
  }

  public func append(_ path: String, _ text: String) throws(SystemError) {
    try WaitingChild.write(path, text, flags: O_APPEND)
  }

  public func removeDirectory(_ path: String) throws(SystemError) {
    guard unsafe rmdir(path) == 0 else { throw SystemError("rmdir", path, errno) }
  }

  public func writeWaiting(_ path: String, _ text: String) throws(SystemError) {
    _ = try run([WaitingChild.writeCommand, path, text], "write", path)
  }

  public func readWaiting(_ path: String) throws(SystemError) -> String {
    try run([WaitingChild.readCommand, path], "read", path)
  }

  public func load(_ module: String, _ options: [String]) throws(SystemError) {
    try perform(.load(module, options))
  }

  public func unload(_ module: String) throws(SystemError) {
    try perform(.unload(module))
  }

  public func runUdevQueue(_ runs: Bool, within limit: Duration) throws(SystemError) {
    let option = runs ? "--start-exec-queue" : "--stop-exec-queue"
    // The limit is ours: udevadm says in words alone that it was too long.
    let longer = limit.components.seconds + 60
    var child = try ChildProcess(["udevadm", "control", option, "--timeout=\(longer)"])
    switch try child.wait(limit) {
    case .exited(0): return
    case .exited, .signalled:
      let reason = child.errors.split(separator: "\n").last.map(String.init) ?? "it failed"
      throw SystemError(call: "udevadm control", object: option, errno: 0, reason: reason)
    case .deadline: throw SystemError("udevadm control", option, ETIMEDOUT)
    }
  }

  public func shareWithChildren(_ descriptor: Int32) {
    CLinux_share_with_children(descriptor)
  }

  /// What the child wrote to its standard output; its exit status is an errno.
  private func run(_ arguments: [String], _ call: String, _ object: String) throws(SystemError)
    -> String
  {
    var child = try ChildProcess(program + arguments, capturesOutput: true)
    switch try child.wait(deadline) {
    case .exited(0): return child.output
    case .exited(let code): throw SystemError(call, object, code)
    case .signalled: throw SystemError(call, object, EINTR)
    case .deadline: throw SystemError(call, object, ETIMEDOUT)
    }
  }

  private func perform(_ verb: ModuleVerb) throws(SystemError) {
    let result = try verb.perform(limit: moduleDeadline)
    guard let code = result.record.errno else {
      throw SystemError(verb.verb.rawValue, verb.module, ETIMEDOUT)
    }
    if code != 0 {
      var error = SystemError(verb.verb.rawValue, verb.module, code)
      if let line = result.errors.split(separator: "\n").last { error.reason = String(line) }
      throw error
    }
  }
}
