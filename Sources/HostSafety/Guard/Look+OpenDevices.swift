internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

extension Look {
  /// Devices that any process has open (proc_pid_fd(5)).
  mutating func atOpenDevices() {
    var numbers = [CLinux_device_number](repeating: CLinux_device_number(), count: 256)
    for pid in processes {
      var count = unsafe CLinux_open_devices(proc.number, pid, &numbers, numbers.count)
      if count > numbers.count {
        numbers = [CLinux_device_number](repeating: CLinux_device_number(), count: count + 256)
        count = unsafe CLinux_open_devices(proc.number, pid, &numbers, numbers.count)
      }
      if count < 0 {
        cannotRead(SystemError("read", proc.object("\(pid)/fd"), Int32(-count)))
        continue
      }
      var isUdevd: Bool?
      for number in numbers.prefix(count) {
        let key = "dev/\(number.is_block ? "block" : "char")/\(number.major):\(number.minor)"
        if opened.contains(key) { continue }
        let found = devpath(key)
        // Its opening of a new disk is short, and its helpers' too.
        if found != nil, isUdevd == nil { isUdevd = isOfUdevd(pid) }
        if found != nil, isUdevd == true { continue }
        opened.insert(key)
        if let found { addOpen(found, pid) }
      }
    }
  }

  private mutating func addOpen(_ devpath: String, _ pid: String) {
    let name = Self.name(devpath)
    let command = stat(pid)?.command ?? "process"
    let reason = "is open: \(name) in \(command) (pid \(pid))"
    inUse.add(devpath, reason)
    atGroup(ofOpen: devpath, reason)
  }

  /// What udevd and its workers are called.
  static let udevdCommands: Set<String> = ["systemd-udevd", "(udev-worker)", "udevd"]

  /// True of udevd, its workers and what they run.
  private mutating func isOfUdevd(_ pid: String) -> Bool {
    var next = pid
    for _ in 0..<4 {
      guard let stat = stat(next) else { return false }
      if Self.udevdCommands.contains(stat.command) { return true }
      if stat.parent <= 1 { return false }
      next = "\(stat.parent)"
    }
    return false
  }
}
