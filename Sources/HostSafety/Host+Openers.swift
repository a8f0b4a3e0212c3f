internal import CLinux
internal import DriverModel
public import Evidence
internal import Glibc

/// A process that has a disk open.
public struct Opener: Sendable, Equatable, CustomStringConvertible {
  /// The disk's name, such as "sda".
  public var disk: String
  public var pid: Int32
  public var command: String
  /// True of udevd, its workers, and what they run.
  public var isOfUdevd: Bool

  public var description: String {
    let isRun = isOfUdevd && !Udevd.commands.contains(command)
    return "\(disk) is open in \(command) (pid \(pid))\(isRun ? ", which udevd runs" : "")"
  }
}

extension Host {
  /// Disks and partitions at or below devices, by the links of the class: their names, and their devpaths.
  public func disks(below devpaths: [String]) throws(SystemError) -> [(
    name: String, devpath: String
  )] {
    guard sys.exists("class/block") else { return [] }
    var found: [(name: String, devpath: String)] = []
    for name in try sys.names("class/block") {
      guard let link = try sys.link("class/block/\(name)") else { continue }
      let devpath = Look.devpath(ofLink: link)
      if devpaths.contains(where: { devpath == $0 || devpath.hasPrefix($0 + "/") }) {
        found.append((name, devpath))
      }
    }
    return found
  }

  /// Who has a disk at or below one of these devices open. A process that may not be looked at is left out.
  public func openers(below devpaths: [String]) throws(SystemError) -> [Opener] {
    var names: [String: String] = [:]
    for disk in try disks(below: devpaths) {
      if let number = try? sys.text("\(disk.devpath.dropFirst())/dev") { names[number] = disk.name }
    }
    if names.isEmpty { return [] }
    var found: [Opener] = []
    for pid in try proc.names() where pid.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
      for number in openDisks(pid) {
        guard let disk = names[number], let stat = try Stat.read(pid, proc: proc) else { continue }
        found.append(
          Opener(
            disk: disk, pid: stat.identity.pid, command: stat.command,
            isOfUdevd: try Udevd.runs(stat, proc: proc)))
      }
    }
    return found
  }

  /// "MAJOR:MINOR" of each block device that a process has open.
  private func openDisks(_ pid: String) -> [String] {
    var capacity = 64
    while true {
      var numbers = [CLinux_device_number](repeating: CLinux_device_number(), count: capacity)
      let count = unsafe CLinux_open_devices(
        proc.number, sys.number, pid, &numbers, capacity)
      if count > capacity {
        capacity = count + 64
        continue
      }
      return numbers.prefix(max(count, 0)).filter(\.is_block).map { "\($0.major):\($0.minor)" }
    }
  }
}
