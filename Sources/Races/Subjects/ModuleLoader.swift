internal import DriverModel
internal import Evidence
internal import HostSafety

/// Loads modules so that they can be taken away again. What they need comes with them, by
/// modprobe(8) or by request_module(), and stays (`ModulesChange`).
struct ModuleLoader {
  let sysfs: Sysfs
  let ledger: Ledger
  let deadline: Duration

  /// Loads a module that is not loaded; nothing happens where it is, or is part of the kernel.
  ///
  /// - Parameter maker: see `ModuleLoadedChange`.
  /// - Returns: why it could not be loaded; nil where it is there now.
  func load(
    _ module: String, _ parameters: [String] = [], maker: String? = nil
  ) throws(SystemError) -> String? {
    try note(module, maker: maker)
    let result = try ModuleVerb.load(module, parameters)
      .perform(limit: deadline * Verb.moduleDeadlines)
    return result.record.succeeded ? nil : result.errors.oneLine
  }

  /// Writes into the ledger that the module is about to be loaded, where it is not there yet.
  func note(_ module: String, maker: String? = nil) throws(SystemError) {
    let modules = Modules(sysfs)
    let isLoaded = try modules.isLoaded(module)
    let isBuiltIn = try modules.isBuiltIn(module)
    if isLoaded || isBuiltIn { return }
    try ledger.record(.moduleLoaded(ModuleLoadedChange(module, maker: maker)))
  }
}
