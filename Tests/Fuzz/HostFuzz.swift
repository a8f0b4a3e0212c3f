import DriverModel
import Evidence
import Glibc
import TemporaryFolder

@testable import HostSafety

/// The tables that the guard reads: mounts have names that any user can choose.
enum HostFuzz: FuzzTarget {
  static let name = "host"

  private static let files = [
    "proc/1/mountinfo", "proc/swaps", "proc/1/net/route", "proc/1/net/ipv6_route", "proc/consoles",
    "proc/1/stat", "etc/fstab", "etc/crypttab", "proc/2/mountinfo", "proc/1/net/tcp",
    "proc/1/net/tcp6", "udev/b8:0",
  ]

  /// A made-up host, written anew for each input: parts are told apart by a zero byte.
  private static let root: String = {
    var template = Array("/dev/shm/bindrace-fuzz-XXXXXX".utf8CString)
    let root = unsafe String(cString: mkdtemp(&template))
    let folders = [
      "proc", "proc/1", "proc/1/net", "proc/2", "etc", "sys", "sys/class",
      "sys/class/block", "sys/devices", "sys/devices/disk", "sys/devices/disk/sda", "dev", "udev",
    ]
    for folder in folders { unsafe mkdir("\(root)/\(folder)", 0o700) }
    let number = unsafe creat("\(root)/sys/devices/disk/sda/dev", 0o600)
    unsafe _ = write(number, "8:0\n", 4)
    close(number)
    unsafe symlink("../../devices/disk/sda", "\(root)/sys/class/block/sda")
    atexit { TemporaryFolder.delete(HostFuzz.root) }
    return root
  }()

  static func run(_ input: [UInt8]) throws {
    let parts = input.split(separator: 0, omittingEmptySubsequences: false)
    for (index, file) in files.enumerated() {
      let bytes = index < parts.count ? Array(parts[index]) : []
      let number = unsafe creat("\(root)/\(file)", 0o600)
      unsafe _ = write(number, bytes, bytes.count)
      close(number)
    }
    let host = try Guard(
      sys: Directory("\(root)/sys"), proc: Directory("\(root)/proc"), dev: Directory("\(root)/dev"),
      etc: Directory("\(root)/etc"), udev: Directory("\(root)/udev"),
      readNetwork: { () throws(SystemError) in Network() },
      readSignature: { (_, _) throws(SystemError) in nil },
      readUnits: { (_) throws(SystemError) in [] })
    let inUse = host.look()
    if let reason = inUse.reason("/devices/disk/sda") { must(!reason.isEmpty, "no reason") }
  }
}
