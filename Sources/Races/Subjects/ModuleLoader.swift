internal import DriverModel
internal import Evidence
internal import HostSafety

/// Loads modules so that they, and all that came with them, can be taken away again.
///
/// modprobe(8) loads what a module needs as well, so the ledger holds every module that a load brings,
/// each before those that need it.
struct ModuleLoader {
  let sysfs: Sysfs
  let ledger: Ledger
  let deadline: Duration

  /// Loads a module that is not loaded; nothing happens where it is, or is part of the kernel.
  ///
  /// - Returns: why it could not be loaded; nil where it is there now.
  func load(_ module: String, _ parameters: [String] = []) throws(SystemError) -> String? {
    let before = try Modules(sysfs).loaded()
    try note(module)
    let result = try ModuleVerb.load(module, parameters)
      .perform(limit: deadline * Verb.moduleDeadlines)
    try noteNew(since: before)
    return result.record.succeeded ? nil : result.errors.oneLine
  }

  /// Writes into the ledger what came besides: a module can ask the kernel for others when it begins
  /// (request_module()), and nothing tells that before.
  func noteNew(since before: Set<String>) throws(SystemError) {
    for name in try Modules(sysfs).loaded().subtracting(before).sorted() {
      try ledger.record(.moduleLoaded(ModuleLoadedChange(name)))
    }
  }

  /// Writes into the ledger what a load of the module would bring.
  func note(_ module: String) throws(SystemError) {
    let modules = Modules(sysfs)
    for name in try needed(module) {
      let isLoaded = try modules.isLoaded(name)
      let isBuiltIn = try modules.isBuiltIn(name)
      if !isLoaded && !isBuiltIn { try ledger.record(.moduleLoaded(ModuleLoadedChange(name))) }
    }
  }

  /// The module and what it needs, in the order of loading.
  private func needed(_ module: String) throws(SystemError) -> [String] {
    var child = try ChildProcess(
      ["/sbin/modprobe", "--show-depends", module], capturesOutput: true)
    guard try child.wait(deadline) == .exited(0) else { return [module] }
    // "insmod /lib/modules/VERSION/kernel/drivers/scsi/sd_mod.ko.xz PARAMETERS"
    return child.output.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 2, words[0] == "insmod",
        let file = words[1].split(separator: "/").last
      else { return nil }
      return String(file.prefix { $0 != "." })
    }
  }
}
