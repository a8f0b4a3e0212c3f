internal import DriverModel
public import Evidence

extension Host {
  /// True where a udevd can be talked to (udev_ctrl_new()).
  public var hasUdevd: Bool { (try? Directory(run))?.exists("udev/control") ?? false }

  /// True while udevd is at an event: where a worker of its does anything but wait for the next one
  /// (epoll_wait(2)), or runs a program. What these have open is not to be raced, and nobody else tells:
  /// one that was told to begin nothing says so at once, and its queue is not empty.
  public func isUdevdAtWork() throws(SystemError) -> Bool {
    var processes: [Int32: Stat] = [:]
    for name in try proc.names(".") where name.first?.isNumber == true {
      guard let stat = try Stat.read(name, proc: proc), stat.state != "Z" else { continue }
      processes[stat.identity.pid] = stat
    }
    return processes.values.contains { process in
      guard process.parent > 1, let parent = processes[process.parent], isUdevd(parent)
      else { return false }
      // What a worker runs stands below it, and counts by itself.
      return !isUdevd(process) || !waitsForEvent(process)
    }
  }

  /// True of udevd and its workers.
  private func isUdevd(_ process: Stat) -> Bool {
    Look.udevdCommands.contains(process.command)
  }

  private func waitsForEvent(_ process: Stat) -> Bool {
    guard process.state == "S" else { return false }
    // "0" where this kernel does not tell.
    let function = (try? proc.text("\(process.identity.pid)/wchan")) ?? "0"
    return function == "0" || function.contains("epoll") || function.hasPrefix("ep_")
  }
}
