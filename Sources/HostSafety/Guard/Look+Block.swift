internal import DriverModel
internal import Evidence
internal import Glibc

extension Look {
  /// Block devices that another block device is made of.
  mutating func atBlockDevices() {
    for name in names("class/block") {
      if let holder = names("class/block/\(name)/holders").first,
        let found = devpath("class/block/\(name)")
      {
        inUse.add(found, "has a holder: \(name) is held by \(holder)")
      }
      if name.hasPrefix("loop") { atLoop(name) }
    }
  }

  /// A loop device on a block device; one on a file is covered by the file's mount.
  private mutating func atLoop(_ name: String) {
    let file = "class/block/\(name)/loop/backing_file"
    guard sys.exists(file), let node = text(sys, file),
      node.hasPrefix("/dev/"), let found = blockDevpath(node: node)
    else { return }
    inUse.add(found, "backs \(name) (\(Self.name(found)))")
  }

  /// Devices that fstab(5) or crypttab(5) name, mounted or not.
  mutating func atTables() {
    guard let etc else { return }
    for (table, column) in [("fstab", 0), ("crypttab", 1)] {
      for words in lines(etc, table) where words.count > column && !words[0].hasPrefix("#") {
        let node = Self.node(Self.unescaped(words[column]))
        if let node, let found = blockDevpath(node: node) {
          inUse.add(found, "is named in \(table) (\(Self.name(found)))")
        }
      }
    }
  }

  /// The node that a source means; nil where it is no block device. "UUID=…" is a link of udevd.
  static func node(_ source: String) -> String? {
    if source.hasPrefix("/dev/") { return source }
    guard let equals = source.firstIndex(of: "=") else { return nil }
    let value = source[source.index(after: equals)...].filter { $0 != "\"" }
      .replacing(" ", with: "\\x20").replacing("/", with: "\\x2f")
    switch source[..<equals] {
    case "UUID": return "/dev/disk/by-uuid/\(value)"
    case "LABEL": return "/dev/disk/by-label/\(value)"
    case "PARTUUID": return "/dev/disk/by-partuuid/\(value)"
    case "PARTLABEL": return "/dev/disk/by-partlabel/\(value)"
    case "ID": return "/dev/disk/by-id/\(value)"
    default: return nil
    }
  }
}
