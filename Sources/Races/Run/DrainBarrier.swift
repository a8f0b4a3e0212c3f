internal import DriverModel
internal import Evidence
internal import HostSafety

/// Waits until every asynchronous probe in the kernel has ended.
///
/// Removing any module does so: delete_module(2) ends in async_synchronize_full(). A small library
/// module that nobody uses is loaded and removed for it. The deferred list is not waited for.
struct DrainBarrier {
  private let module: String

  /// Finds a module that serves; nil where the host has none.
  init?(_ sysfs: Sysfs, ledger: Ledger, deadline: Duration) throws(SystemError) {
    let modules = Modules(sysfs)
    for candidate in DrainModule.candidates {
      let isTaken = try modules.isLoaded(candidate)
      let isBuiltIn = try modules.isBuiltIn(candidate)
      if isTaken || isBuiltIn { continue }
      let change = Change.moduleLoaded(ModuleLoadedChange(candidate))
      try ledger.record(change)
      let loaded = try ModuleVerb.load(candidate).perform(limit: deadline)
      if loaded.record.succeeded {
        let unloaded = try ModuleVerb.unload(candidate).perform(limit: deadline)
        if unloaded.record.succeeded {
          module = candidate
          return
        }
      }
      if try !modules.isLoaded(candidate) { try ledger.close(change) }
    }
    return nil
  }

  /// True when all asynchronous work that was scheduled before has ended; false past the deadline.
  func drain(deadline: Duration) throws(SystemError) -> Bool {
    guard try ModuleVerb.load(module).perform(limit: deadline).record.succeeded else {
      return false
    }
    return try ModuleVerb.unload(module).perform(limit: deadline).record.succeeded
  }
}
