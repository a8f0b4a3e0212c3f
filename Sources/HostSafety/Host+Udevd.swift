internal import DriverModel
public import Evidence

extension Host {
  /// True where a udevd can be talked to (udev_ctrl_new()).
  public var hasUdevd: Bool { (try? Directory(run))?.exists("udev/control") ?? false }

  /// What udevd is at; nil where it is at no event: where no worker of its does anything but wait for the next
  /// one (epoll_wait(2)), or runs a program. What these have open is not to be raced, and nobody else tells:
  /// one that was told to begin nothing says so at once, and its queue is not empty.
  public func udevdWork() throws(SystemError) -> String? {
    var processes: [Int32: Stat] = [:]
    for name in try proc.names(".") where name.first?.isNumber == true {
      guard let stat = try Stat.read(name, proc: proc), stat.state != "Z" else { continue }
      processes[stat.identity.pid] = stat
    }
    // A program says more than the worker that waits for it.
    var worker: Stat?
    for process in processes.values where process.parent > 1 {
      guard let parent = processes[process.parent], try Udevd.isOne(parent, proc: proc) else {
        continue
      }
      // What a worker runs stands below it, and counts by itself.
      if try !Udevd.isOne(process, proc: proc) { return Self.words(process) }
      if !waitsForEvent(process) { worker = process }
    }
    return worker.map(Self.words)
  }

  /// Waits until udevd has no disk below these devices open, as long as it lets its workers live.
  func awaitUdevd(below devpaths: [String]) throws(SystemError) {
    guard hasUdevd else { return }
    _ = try wait(udevPatience) { () throws(SystemError) in
      try !openers(below: devpaths).contains(where: \.isOfUdevd)
    }
  }

  private static func words(_ process: Stat) -> String {
    "it is at \(process.command) (pid \(process.identity.pid))"
  }

  private func waitsForEvent(_ process: Stat) -> Bool {
    guard process.state == "S" else { return false }
    // "0" where this kernel does not tell.
    let function = (try? proc.text("\(process.identity.pid)/wchan")) ?? "0"
    return function == "0" || function.contains("epoll") || function.hasPrefix("ep_")
  }
}
