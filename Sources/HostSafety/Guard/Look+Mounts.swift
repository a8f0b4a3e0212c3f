internal import DriverModel
internal import Evidence
internal import Glibc

extension Look {
  /// File systems mounted in any mount namespace (proc_pid_mountinfo(5)).
  mutating func atMounts() {
    var seen: Set<String> = []
    var devices: Set<Substring> = []
    for pid in processes {
      // A process sees the mounts of its namespace that are below its root.
      let view: String
      do throws(SystemError) {
        guard let space = try proc.link("\(pid)/ns/mnt") else {
          if pid == "1" { readMounts(of: pid, &devices) }
          continue
        }
        view = "\(space) \(try proc.link("\(pid)/root") ?? "")"
      } catch {
        // Who may not know whether it is one that was read reads it; mountinfo is for all to read.
        readMounts(of: pid, &devices)
        continue
      }
      if seen.insert(view).inserted { readMounts(of: pid, &devices) }
    }
  }

  private mutating func readMounts(of pid: String, _ devices: inout Set<Substring>) {
    let file = "\(pid)/mountinfo"
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try proc.bytes(file)
    } catch {
      // EINVAL is a zombie's answer; that of PID 1 must be there.
      if pid == "1" || ![ENOENT, ESRCH, EINVAL].contains(error.errno) { cannotRead(error) }
      return
    }
    for line in FileName.decode(bytes).utf8.split(separator: 0x0a) {
      let words = line.split(separator: 0x20).map(Substring.init)
      guard words.count > 6, let dash = words[6...].firstIndex(of: "-"), dash + 2 < words.count
      else { continue }
      let type = words[dash + 1]
      addTransport(ofType: type)
      let number = words[2]
      let source = words[dash + 2]
      // Major 0 is no device; where it is of btrfs or the like, the source names one.
      let isAnonymous = number.hasPrefix("0:")
      if isAnonymous && (!source.hasPrefix("/dev/") || Self.isForAnybody(type)) { continue }
      guard devices.insert(isAnonymous ? source : number).inserted else { continue }
      let found =
        isAnonymous
        ? blockDevpath(node: Self.unescaped(source)) : devpath("dev/block/\(number)")
      let place = pid == "1" ? "" : " in the mount namespace of process \(pid)"
      guard let found else {
        addFlash(number, "holds \(Self.unescaped(words[4]))", place)
        continue
      }
      inUse.add(
        found, "holds \(Self.unescaped(words[4])) (\(Self.name(found)) mounted\(place))")
    }
  }

  /// File systems that anybody can mount in a user namespace of his own, under any source he likes
  /// (FS_USERNS_MOUNT). None has a disk.
  private static func isForAnybody(_ type: Substring) -> Bool {
    let types: Set<Substring> = [
      "tmpfs", "ramfs", "overlay", "proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts",
      "binfmt_misc", "bpf", "fuse",
    ]
    return types.contains(type) || type.hasPrefix("fuse.")
  }

  /// File systems that come from the host of a virtual machine name no device; then all count that
  /// could bring them.
  private mutating func addTransport(ofType type: Substring) {
    let drivers: [Substring: String] = ["virtiofs": "virtiofs", "9p": "9pnet_virtio"]
    guard let name = drivers[type] else { return }
    let driver = "bus/virtio/drivers/\(name)"
    for device in names(driver) where device.hasPrefix("virtio") {
      if let found = devpath("\(driver)/\(device)") {
        inUse.add(found, "holds a mounted \(type) (\(device))")
      }
    }
  }

  /// File systems that say in sysfs which devices they use: all of btrfs' and bcachefs', and
  /// those that are unmounted lazily.
  mutating func atSuperblocks() {
    for type in ["ext4", "xfs", "f2fs", "erofs"] {
      for name in names("fs/\(type)") { addMounted(name, type) }
    }
    for uuid in names("fs/btrfs") where uuid != "features" {
      for name in names("fs/btrfs/\(uuid)/devices") { addMounted(name, "btrfs") }
    }
    for uuid in names("fs/bcachefs") {
      for member in names("fs/bcachefs/\(uuid)") where member.hasPrefix("dev-") {
        if let found = devpath("fs/bcachefs/\(uuid)/\(member)/block") {
          inUse.add(found, "holds a mounted bcachefs (\(Self.name(found)))")
        }
      }
    }
  }

  private mutating func addMounted(_ name: String, _ type: String) {
    if let found = devpath("class/block/\(name)") {
      inUse.add(found, "holds a mounted \(type) (\(name))")
    }
  }

  /// Swap (proc_swaps(5)). A swap file is on a mounted file system.
  mutating func atSwaps() {
    for words in lines(proc, "swaps") where words.count > 1 && words[1] == "partition" {
      let node = Self.unescaped(words[0]).replacing(" (deleted)", with: "")
      if let found = blockDevpath(node: node) {
        inUse.add(found, "holds swap (\(Self.name(found)))")
      } else {
        cannotRead(SystemError("find", node, ENODEV))
      }
    }
  }

  /// Undoes the kernel's octal escapes of white space and backslashes (mangle_path()).
  static func unescaped(_ text: Substring) -> String {
    guard text.contains("\\") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = FileName.encode(String(text))[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return FileName.decode(bytes)
  }
}
