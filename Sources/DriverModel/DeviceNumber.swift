internal import Glibc

/// The number by which a node of /dev stands for a device.
public struct DeviceNumber: Sendable, Equatable {
  var isBlock: Bool
  var major: UInt64
  var minor: UInt64

  /// Of a node, links to it followed; nil where there is none.
  public init?(at path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    let type = status.st_mode & S_IFMT
    guard type == S_IFBLK || type == S_IFCHR else { return nil }
    self.init(isBlock: type == S_IFBLK, UInt64(status.st_rdev))
  }

  /// - Parameter number: as stat(2) has it, see makedev(3).
  init(isBlock: Bool, _ number: UInt64) {
    self.isBlock = isBlock
    major = number >> 8 & 0xfff | number >> 32 & ~0xfff
    minor = number & 0xff | number >> 12 & 0xffff_ff00
  }

  /// Where sysfs has the device, relative to its root.
  var path: String { "dev/\(isBlock ? "block" : "char")/\(major):\(minor)" }
}
