internal import CLinux
internal import DriverModel
internal import Evidence

extension Look {
  /// Terminals that control a process, whether it has them open or not (tty_nr of
  /// proc_pid_stat(5)).
  mutating func atTerminals() {
    for pid in processes {
      guard let stat = stat(pid), let terminal = stat.terminal else { continue }
      let key = "dev/char/\(terminal.major):\(terminal.minor)"
      guard opened.insert(key).inserted, let found = devpath(key) else { continue }
      inUse.add(found, "is the terminal of \(stat.command) (pid \(pid))")
    }
  }
}
