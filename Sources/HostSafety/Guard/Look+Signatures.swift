internal import DriverModel
internal import Evidence
internal import Glibc

extension Look {
  /// Disks with partitions, and those that udevd found a file system, a member of a volume or a table
  /// on. No disk is opened for it.
  mutating func atSignatures() {
    for name in names("class/block") {
      let folder = "class/block/\(name)"
      guard let found = devpath(folder) else { continue }
      if sys.exists("\(folder)/partition"), let disk = Self.parent(found) {
        inUse.addNature(disk, "has partitions (\(name))")
      }
      if let signature = knownSignature(folder) {
        inUse.addNature(found, "has a signature (\(signature) on \(name))")
      }
    }
  }

  /// What udevd's database says of it.
  private mutating func knownSignature(_ folder: String) -> String? {
    guard let udev, let number = text(sys, "\(folder)/dev"), udev.exists("b\(number)") else {
      return nil
    }
    for words in lines(udev, "b\(number)") {
      guard let word = words.first else { continue }
      for key in ["E:ID_FS_TYPE=", "E:ID_PART_TABLE_TYPE="] where word.hasPrefix(key) {
        let value = word.dropFirst(key.utf8.count)
        if !value.isEmpty { return String(value) }
      }
    }
    return nil
  }

  /// Reads the disks at or below a device, through `read`; why one of them must be left alone.
  ///
  /// A disk with partitions needs no reading, one that is empty has nothing to read, and a CD is left
  /// in peace: to open its drive could move the tray, and no race changes what is on it.
  mutating func reasonOfContents(_ device: String, _ read: SignatureReader) -> String? {
    let carriers = [device] + subsystems(of: device)
    for name in names("class/block") where !name.hasPrefix("sr") {
      let folder = "class/block/\(name)"
      guard let found = devpath(folder),
        carriers.contains(where: { found == $0 || found.hasPrefix($0 + "/") }),
        !sys.exists("\(folder)/partition"), let number = text(sys, "\(folder)/dev"),
        text(sys, "\(folder)/size") != "0"
      else { continue }
      let node = (dev?.path ?? "/dev") + "/" + name.replacing("!", with: "/")
      do throws(SystemError) {
        if let signature = try read(node, number) {
          return "has a signature (\(signature) on \(name))"
        }
      } catch {
        // Held, and nothing in sysfs says by whom: ZFS, SCSI and NVMe targets.
        if error.errno == EBUSY { return "is claimed (\(name))" }
        return "may be in use: cannot read \(node): \(error.reason)"
      }
    }
    return nil
  }

  /// The subsystems whose disks a device below `device` reaches.
  private mutating func subsystems(of device: String) -> [String] {
    names(Self.subsystems).filter { subsystem in
      controllers(subsystem).contains { $0 == device || $0.hasPrefix(device + "/") }
    }.compactMap { devpath("\(Self.subsystems)/\($0)") }
  }
}
