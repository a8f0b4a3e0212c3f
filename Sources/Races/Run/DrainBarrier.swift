internal import DriverModel
internal import Evidence
internal import HostSafety

/// Waits until every asynchronous probe in the kernel has ended.
///
/// Removing any module does so: delete_module(2) ends in async_synchronize_full(). A small library
/// module that nobody uses is loaded and removed for it. The deferred list is not waited for.
final class DrainBarrier {
  private var module = ""
  var name: String { module }
  private let deadline: Duration
  /// The command that waited in vain. It sleeps in the kernel until the work ends, and another would
  /// wait for it.
  private var stuck: ChildProcess?

  /// Finds a module that serves; nil where the host has none. A verb may take `deadline`.
  init?(_ sysfs: Sysfs, ledger: Ledger, deadline: Duration) throws(SystemError) {
    self.deadline = deadline * Verb.moduleDeadlines
    let modules = Modules(sysfs)
    for candidate in DrainModule.candidates {
      let isTaken = try modules.isLoaded(candidate)
      let isBuiltIn = try modules.isBuiltIn(candidate)
      if isTaken || isBuiltIn { continue }
      let change = Change.moduleLoaded(ModuleLoadedChange(candidate))
      try ledger.record(change)
      module = candidate
      // Where it waits in vain for what others began, it is the barrier, and any other would wait too.
      let serves = try drain()
      if serves || stuck != nil { return }
      if try !modules.isLoaded(candidate) { try ledger.close(change) }
    }
    return nil
  }

  /// True when all asynchronous work that was scheduled before has ended; false past the deadline.
  func drain() throws(SystemError) -> Bool {
    if isStuck { return false }
    guard try perform(.load(module)) else { return false }
    return try perform(.unload(module))
  }

  /// True while the work that was waited for in vain goes on.
  var isStuck: Bool {
    guard var child = stuck.take() else { return false }
    guard (try? child.wait(.zero)) == .deadline else { return false }
    stuck = consume child
    return true
  }

  /// Waits once more for what was waited for in vain: until then the module cannot be unloaded, as its
  /// load holds a reference (do_init_module()).
  func waitForStuck(_ limit: Duration) {
    guard var child = stuck.take() else { return }
    guard (try? child.wait(limit)) == .deadline else { return }
    stuck = consume child
  }

  private func perform(_ verb: ModuleVerb) throws(SystemError) -> Bool {
    var child = try ChildProcess(verb.arguments)
    let outcome = try child.wait(deadline)
    if outcome == .deadline { stuck = consume child }
    return outcome == .exited(0)
  }
}
