internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

extension Look {
  /// Devices that any process has open (proc_pid_fd(5)).
  mutating func atOpenDevices() {
    var numbers = [CLinux_device_number](repeating: CLinux_device_number(), count: 256)
    for pid in processes {
      var count = unsafe CLinux_open_devices(
        proc.number, sys.number, pid, &numbers, numbers.count)
      if count > numbers.count {
        numbers = [CLinux_device_number](repeating: CLinux_device_number(), count: count + 256)
        count = unsafe CLinux_open_devices(
          proc.number, sys.number, pid, &numbers, numbers.count)
      }
      if count < 0 {
        cannotRead(SystemError("read", proc.object("\(pid)/fd"), Int32(-count)))
        continue
      }
      var isUdevd: Bool?
      for number in numbers.prefix(count) {
        if number.attribute >= 0 {
          // Anybody has a file under such a path in a user namespace of his own.
          if number.major == 1 || isRoot(pid) { addMemory(pid, number.attribute) }
          continue
        }
        let key = "dev/\(number.is_block ? "block" : "char")/\(number.major):\(number.minor)"
        if opened.contains(key) { continue }
        let found = devpath(key)
        // Its opening of a new disk is short, and its helpers' too.
        if found != nil, isUdevd == nil { isUdevd = isOfUdevd(pid) }
        if found != nil, isUdevd == true { continue }
        opened.insert(key)
        if let found {
          addOpen(found, pid)
        } else if !number.is_block {
          addUnknown(number.major, pid)
        }
      }
    }
  }

  private mutating func addOpen(_ devpath: String, _ pid: String) {
    let name = Self.name(devpath)
    let command = stat(pid)?.command ?? "process"
    let reason = "is open: \(name) in \(command) (pid \(pid))"
    inUse.add(devpath, reason)
    openDevices.append((devpath, reason))
    atGroup(ofOpen: devpath, reason)
  }

  /// The memory of a PCI device, which a driver outside of the kernel works with.
  private mutating func addMemory(_ pid: String, _ descriptor: Int32) {
    let root = sys.path + "/"
    guard let path = link(proc, "\(pid)/fd/\(descriptor)"), path.hasPrefix(root),
      Self.name(path).hasPrefix("resource"),
      let device = Self.parent("/" + path.dropFirst(root.utf8.count))
    else { return }
    let command = stat(pid)?.command ?? "process"
    inUse.add(device, "is open: \(Self.name(path)) in \(command) (pid \(pid))")
  }

  /// A node that sysfs does not know, as some drivers tell it of none: all count that have the driver
  /// to which /proc/devices gives the number.
  private mutating func addUnknown(_ major: UInt32, _ pid: String) {
    for words in lines(proc, "devices") {
      // Block devices come behind the others.
      if words.first == "Block" { return }
      guard words.count == 2, words[0] == "\(major)" else { continue }
      for found in devices(ofDriver: String(words[1].prefix { $0 != "-" })) {
        let command = stat(pid)?.command ?? "process"
        inUse.add(found, "is open: a node of \(words[1]) in \(command) (pid \(pid))")
      }
    }
  }

  /// Nodes that are no device's own, and are called as the driver is (hpet, vboxguest).
  mutating func atOpenDrivers() {
    for (devpath, reason) in openDevices where Self.parent(devpath) == "/devices/virtual/misc" {
      for found in devices(ofDriver: Self.name(devpath)) { inUse.add(found, reason) }
    }
  }

  /// Parts of cameras, where somebody has one open: nothing in sysfs says which belong together.
  mutating func atCameras() {
    let open = openDevices.first { (devpath, _) in
      let name = Self.name(devpath)
      return name.hasPrefix("video") || name.hasPrefix("media")
    }
    guard let open else { return }
    for name in names("class/video4linux") where name.hasPrefix("v4l-subdev") {
      if let found = devpath("class/video4linux/\(name)") {
        inUse.add(found, "may be a part of \(Self.name(open.devpath)), which \(open.reason)")
      }
    }
  }

  private mutating func isRoot(_ pid: String) -> Bool {
    read(proc) { proc throws(SystemError) in try Stat.isOfRoot(pid, proc: proc) } ?? false
  }

  /// True of udevd, its workers and what they run: anybody can call his own udevd.
  private mutating func isOfUdevd(_ pid: String) -> Bool {
    guard let process = stat(pid) else { return false }
    return read(proc) { proc throws(SystemError) in try Udevd.runs(process, proc: proc) } ?? false
  }
}
