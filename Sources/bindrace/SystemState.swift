internal import DriverModel
internal import Evidence

/// What the service manager is at, systemctl(1) `is-system-running`.
enum SystemState {
  /// True while the system shuts down: file systems go one by one then, and what is in use looks spare.
  static var isStopping: Bool {
    // Without systemd there is nobody to ask.
    guard
      var child = try? ChildProcess(["systemctl", "is-system-running"], capturesOutput: true),
      (try? child.wait(.seconds(5))) != nil
    else { return false }
    return child.output.hasPrefix("stopping")
  }
}
