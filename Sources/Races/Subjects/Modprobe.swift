internal import DriverModel
internal import Evidence

/// What modprobe(8) would do by its configuration and the kernel's command line, without doing it.
struct Modprobe {
  /// A test has one of its own.
  var command = "/sbin/modprobe"
  let limit: Duration

  /// The modules that an alias means, in its order; none where it means none.
  func modules(alias: String) throws(SystemError) -> [String] {
    var child = try ChildProcess([command, "-R", alias], capturesOutput: true)
    guard try child.wait(limit) == .exited(0) else { return [] }
    return child.output.split(separator: "\n").map(String.init)
  }

  /// Why nobody but the administrator may load a module; nil where a device may have it.
  ///
  /// A blacklist keeps udevd from loading what a device asks for (udev-builtin-kmod.c), not anybody who names
  /// the module. An `install` line without modprobe and insmod in it loads nothing, whoever asks.
  func obstacle(toLoading module: String) throws(SystemError) -> String? {
    let commands = try commands(["-b", module])
    if commands?.isEmpty ?? false {
      return "module \(module) is blacklisted (modprobe.d(5), modprobe.blacklist=)"
    }
    return replaced(module, commands)
  }

  /// Why a module could not be loaded again if it were unloaded; nil where it could.
  func obstacle(toReloading module: String) throws(SystemError) -> String? {
    guard let commands = try commands([module]) else {
      return "module \(module) is not found by modprobe"
    }
    return replaced(module, commands)
  }

  private func replaced(_ module: String, _ commands: [String]?) -> String? {
    let instead = commands?.first {
      $0.hasPrefix("install ") && !$0.contains("modprobe") && !$0.contains("insmod")
    }
    return instead.map { line in
      let command = line.split(separator: " ").dropFirst().joined(separator: " ")
      return "module \(module) is kept out by modprobe.d(5), which runs '\(command)' instead"
    }
  }

  /// What would be run: "insmod FILE", "install COMMAND" or "builtin NAME" each; nil where the module is not
  /// known.
  private func commands(_ arguments: [String]) throws(SystemError) -> [String]? {
    var child = try ChildProcess([command, "-D"] + arguments, capturesOutput: true)
    guard try child.wait(limit) == .exited(0) else { return nil }
    return child.output.split(separator: "\n").map(String.init)
  }
}
