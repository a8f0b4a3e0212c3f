internal import DriverModel
internal import Evidence

extension Look {
  /// Flash that UBI manages; what is on it has no block device.
  mutating func atUBI() {
    for name in names("class/ubi") {
      guard let number = attribute("class/ubi/\(name)/mtd_num"),
        let found = devpath("class/mtd/mtd\(number)")
      else { continue }
      inUse.add(found, "holds \(name) (mtd\(number))")
    }
  }

  /// Flash that a file system is mounted from without a block device: JFFS2 has its number all the
  /// same (MTD_BLOCK_MAJOR).
  mutating func addFlash(_ number: Substring, _ words: String, _ place: String) {
    let parts = number.split(separator: ":")
    guard parts.count == 2, parts[0] == "31", let found = devpath("class/mtd/mtd\(parts[1])")
    else { return }
    inUse.add(found, "\(words) (mtd\(parts[1]) mounted\(place))")
  }

  /// Enclosures, whose slots disks are in.
  mutating func enclosureTies() -> [Tie] {
    var ties: [Tie] = []
    for name in names("class/enclosure") {
      guard let home = devpath("class/enclosure/\(name)") else { continue }
      for slot in names("class/enclosure/\(name)") where slot != "device" {
        guard let link = link(sys, "class/enclosure/\(name)/\(slot)/device") else { continue }
        let disk = Self.resolve(link, from: "\(home)/\(slot)")
        ties.append(Tie(user: disk, used: home, words: "has \(Self.name(disk)) in a slot"))
      }
    }
    return ties
  }
}
