internal import DriverModel
internal import Evidence

/// udevd as its processes show it.
enum Udevd {
  /// What it and its workers are called.
  static let commands: Set<String> = ["systemd-udevd", "(udev-worker)", "udevd"]

  /// True of udevd and its workers; not of what somebody but root calls so.
  static func isOne(_ process: Stat, proc: Directory) throws(SystemError) -> Bool {
    guard commands.contains(process.command) else { return false }
    return try Stat.isOfRoot("\(process.identity.pid)", proc: proc)
  }

  /// True of udevd, its workers and what they run.
  static func runs(_ process: Stat, proc: Directory) throws(SystemError) -> Bool {
    var next = process
    for _ in 0..<4 {
      if commands.contains(next.command) { return try isOne(next, proc: proc) }
      guard next.parent > 1, let parent = try Stat.read("\(next.parent)", proc: proc) else {
        return false
      }
      next = parent
    }
    return false
  }
}
