internal import CBlkid
internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// Reads what is on the disk of that node, whose device number is MAJOR:MINOR; nil where nothing is.
///
/// Throws EBUSY where the kernel or a program has claimed the disk for itself.
typealias SignatureReader =
  @Sendable (_ node: String, _ number: String) throws(SystemError) -> String?

/// What is on a disk: the type of a file system, of a volume's member or of a partition table, as
/// libblkid knows them.
enum Signature {
  /// Looks into an open disk or file; nil where nothing is on it. Several at once are "several".
  static func find(_ descriptor: borrowing Descriptor, object: String) throws(SystemError)
    -> String?
  {
    guard let probe = unsafe blkid_new_probe() else {
      throw SystemError("blkid_new_probe", object, ENOMEM)
    }
    defer { unsafe blkid_free_probe(probe) }
    errno = 0
    guard unsafe blkid_probe_set_device(probe, descriptor.number, 0, 0) == 0 else {
      throw SystemError("blkid_probe_set_device", object, errno == 0 ? EIO : errno)
    }
    unsafe blkid_probe_enable_superblocks(probe, 1)
    unsafe blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_BADCSUM)
    unsafe blkid_probe_enable_partitions(probe, 1)
    errno = 0
    switch unsafe blkid_do_safeprobe(probe) {
    case 0: return unsafe value("TYPE", probe) ?? value("PTTYPE", probe) ?? "unknown"
    case 1: return nil
    case -2: return "several"
    default: throw SystemError("read", object, errno == 0 ? EIO : errno)
    }
  }

  private static func value(_ name: String, _ probe: blkid_probe) -> String? {
    var text: UnsafePointer<CChar>?
    guard unsafe blkid_probe_lookup_value(probe, name, &text, nil) == 0, let text = unsafe text
    else { return nil }
    return unsafe String(cString: text)
  }
}

/// Reads a disk in a child, as a disk that is dead can keep its reader in the kernel for minutes:
/// `bindrace __signature NODE MAJOR:MINOR`.
public enum SignatureChild {
  public static let command = "__signature"

  /// Does it, with the arguments behind the command; the exit status, which is 0 or the positive
  /// errno(3).
  public static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count == 2 else { return EINVAL }
    do throws(SystemError) {
      let signature = try read(arguments[0], arguments[1]) ?? ""
      let output = Descriptor(owning: STDOUT_FILENO)
      if !signature.isEmpty {
        try output.write(Array(signature.utf8), object: "standard output")
      }
      _ = output.release()
      return 0
    } catch {
      return error.errno
    }
  }

  /// Opened for itself (O_EXCL), which fails where anybody else in the kernel has claimed the disk,
  /// and never for writing.
  private static func read(_ node: String, _ number: String) throws(SystemError) -> String? {
    let opened = unsafe CLinux_openat(
      AT_FDCWD, node, O_RDONLY | O_EXCL | O_NONBLOCK | O_NOCTTY, 0)
    guard opened >= 0 else {
      if errno == ENOMEDIUM { return nil }
      throw SystemError("open", node, errno)
    }
    let descriptor = Descriptor(owning: opened)
    // A node that is left of another device would have the wrong disk read.
    var device = CLinux_device_number()
    let error = unsafe CLinux_device_of(descriptor.number, &device)
    guard error == 0 else { throw SystemError("statx", node, error) }
    guard device.is_block, number == "\(device.major):\(device.minor)" else {
      throw SystemError("open", node, ENODEV)
    }
    return try Signature.find(descriptor, object: node)
  }

  /// Reads by such a child, which is left alone after the deadline.
  static func reader(
    program: [String] = ["/proc/self/exe"], deadline: Duration = .seconds(30)
  ) -> SignatureReader {
    { (node, number) throws(SystemError) in
      var child = try ChildProcess(program + [command, node, number], capturesOutput: true)
      switch try child.wait(deadline) {
      case .exited(0): return child.output.isEmpty ? nil : child.output
      case .exited(let code): throw SystemError("read", node, code)
      case .signalled: throw SystemError("read", node, EINTR)
      case .deadline: throw SystemError("read", node, ETIMEDOUT)
      }
    }
  }
}
