internal import DriverModel
internal import Evidence

extension Look {
  /// What a block device is made of, where the members do not show who holds them: device-mapper, md,
  /// bcache and DRBD link theirs (bd_link_disk_holder()).
  mutating func atMembers() {
    for name in names("class/block") {
      let folder = "class/block/\(name)"
      for member in names("\(folder)/slaves") {
        if let found = devpath("class/block/\(member)") {
          inUse.add(found, "is a member of \(name) (\(member))")
        }
      }
      // A cache has no holder; what it caches has.
      if sys.exists("\(folder)/bcache"), let found = devpath(folder) {
        inUse.add(found, "is used by bcache (\(name))")
      }
      if name.hasPrefix("zram") { atBacking(of: name) }
    }
  }

  /// Where a disk in memory puts what it cannot keep there ("none", or a path).
  private mutating func atBacking(of name: String) {
    let file = "class/block/\(name)/backing_dev"
    guard sys.exists(file), let node = text(sys, file), node.hasPrefix("/dev/"),
      let found = blockDevpath(node: node)
    else { return }
    inUse.add(found, "backs \(name) (\(Self.name(found)))")
  }

  /// Controllers by which a disk can be reached that hangs on none of them (NVMe multipath: the disk
  /// is below /devices/virtual).
  mutating func controllerTies() -> [Tie] {
    var ties: [Tie] = []
    for subsystem in names(Self.subsystems) {
      guard let home = devpath("\(Self.subsystems)/\(subsystem)") else { continue }
      ties += controllers(subsystem).map { Tie(user: home, used: $0) }
    }
    return ties
  }

  static let subsystems = "class/nvme-subsystem"

  /// The devpaths of a subsystem's controllers.
  mutating func controllers(_ subsystem: String) -> [String] {
    names("\(Self.subsystems)/\(subsystem)").filter(Self.isController)
      .compactMap { devpath("class/nvme/\($0)") }
  }

  /// True of "nvme0", false of "nvme0n1".
  private static func isController(_ name: String) -> Bool {
    let number = name.dropFirst("nvme".utf8.count)
    return name.hasPrefix("nvme") && !number.isEmpty && number.allSatisfy(\.isNumber)
  }
}
