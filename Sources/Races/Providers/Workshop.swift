internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety

/// What providers work with: this host's modules, each in the ledger before it is loaded.
struct Workshop {
  let sysfs: Sysfs
  let ledger: Ledger
  let deadline: Duration

  var modules: Modules { Modules(sysfs) }

  /// True where modprobe(8) knows no such module. It looks without loading, and needs no root.
  static func lacks(_ module: String) -> Bool {
    guard var child = try? ChildProcess(["/sbin/modprobe", "-n", "-q", module]) else { return true }
    return (try? child.wait(.seconds(10))) != .exited(0)
  }

  /// - Throws: `RunStop.skip` where it could not be loaded.
  func load(_ module: String, _ parameters: [String] = [], maker: String? = nil) throws {
    let loader = ModuleLoader(sysfs: sysfs, ledger: ledger, deadline: deadline)
    if let reason = try loader.load(module, parameters, maker: maker) {
      throw RunStop.skip("module \(module) could not be loaded: \(reason)")
    }
  }

  /// True as soon as `isDone` says so, at most after the deadline.
  func wait(_ isDone: () throws -> Bool) throws -> Bool {
    let end = MonotonicClock.now() + deadline
    while try !isDone() {
      if MonotonicClock.now() >= end { return false }
      usleep(5000)
    }
    return true
  }

  /// - Throws: `RunStop.skip` where it could not be unloaded.
  func unload(_ module: String) throws {
    let result = try ModuleVerb.unload(module).perform(limit: deadline * Verb.moduleDeadlines)
    if !result.record.succeeded {
      throw RunStop.skip("\(module) could not be unloaded: \(result.errors.oneLine)")
    }
  }
}
