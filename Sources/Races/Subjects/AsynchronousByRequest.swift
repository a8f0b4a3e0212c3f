internal import DriverModel
internal import Evidence

/// Drivers that the administrator asked to probe asynchronously, whatever they ask for by themselves.
enum AsynchronousByRequest {
  /// What asks for it, in a few words; nil where nothing does.
  ///
  /// driver_allows_async_probing() looks at `driver_async_probe=` of the kernel's command line, a list of
  /// drivers, where `*` stands for all but those that are named; and at whether the module was loaded
  /// with `async_probe`, for which the parameter of that name of the module "module" speaks (since 6.4).
  /// modprobe(8) passes on `MODULE.async_probe=1` from the command line.
  static func of(_ driver: String, module: String?, sys: Directory, proc: Directory?) -> String? {
    let words = ((try? proc?.text("cmdline")) ?? "").split(separator: " ")
    for word in words where word.hasPrefix("driver_async_probe=") {
      let names = word.dropFirst("driver_async_probe=".count).split(separator: ",")
      if names.contains("*") != names.contains(driver[...]) {
        return "driver_async_probe= of the kernel's command line"
      }
    }
    guard let module else { return nil }
    let name = module.replacing("-", with: "_")
    for word in words where !word.isEmpty {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard let first = parts.first,
        first.replacing("-", with: "_") == "\(name).async_probe",
        parts.count == 1 || isTrue(parts[1])
      else { continue }
      return "\(first) of the kernel's command line"
    }
    let all = (try? sys.text("module/module/parameters/async_probe")) ?? ""
    return isTrue(all[...]) ? "the parameter async_probe of all modules" : nil
  }

  /// As kstrtobool() reads it, as far as it says yes.
  private static func isTrue(_ text: Substring) -> Bool {
    ["1", "y", "Y", "t", "T"].contains { text.hasPrefix($0) } || text.lowercased() == "on"
  }
}
