internal import DriverModel
internal import Evidence

extension Look {
  /// Devices whose memory the kernel uses as RAM: their drivers claim it under the device's name, with
  /// the RAM below (virtio_mem, dax/kmem).
  mutating func atRAM() {
    guard let text = text(proc, "iomem") else { return }
    var above: [Substring] = []
    for line in text.utf8.split(separator: 0x0a).map(Substring.init) {
      let depth = line.utf8.prefix { $0 == 0x20 }.count / 2
      let range = line.firstRange(of: " : ")
      guard let range else { continue }
      let name = line[range.upperBound...]
      above = Array(above.prefix(depth))
      if name.hasPrefix("System RAM ("), let owner = above.last {
        for found in devices(named: String(owner)) { inUse.add(found, "gives RAM (\(owner))") }
      }
      above.append(name)
    }
  }

  /// A balloon that holds memory, which it lets go of with its driver. The kernel counts pages of all
  /// of them together.
  mutating func atBalloons() {
    let balloons = devices(ofDriver: "virtio_balloon")
    if balloons.isEmpty { return }
    var counts: [Substring: Int] = [:]
    for words in lines(proc, "vmstat") where words.count == 2 { counts[words[0]] = Int(words[1]) }
    guard let inflated = counts["balloon_inflate"] else { return }
    let pages = inflated - (counts["balloon_deflate"] ?? 0)
    if pages <= 0 { return }
    for found in balloons { inUse.add(found, "holds \(pages) pages of memory as a balloon") }
  }

  /// Regions of CXL memory that are set up, as the kernel would not again.
  mutating func atRegions() {
    for name in names("bus/cxl/devices") where name.hasPrefix("region") {
      guard attribute("bus/cxl/devices/\(name)/commit") == "1",
        let found = devpath("bus/cxl/devices/\(name)")
      else { continue }
      inUse.add(found, "is a region of memory that is set up (\(name))")
    }
  }

  /// Modules of memory, which are elsewhere than the regions that they make up.
  mutating func memoryTies() -> [Tie] {
    var ties: [Tie] = []
    for name in names("bus/nd/devices") where name.hasPrefix("region") {
      guard let region = devpath("bus/nd/devices/\(name)") else { continue }
      for entry in names("bus/nd/devices/\(name)") where entry.hasPrefix("mapping") {
        // "nmem0,0,1073741824,0".
        guard
          let module = attribute("bus/nd/devices/\(name)/\(entry)")?.prefix(while: { $0 != "," }),
          let found = devpath("bus/nd/devices/\(module)")
        else { continue }
        ties.append(Tie(user: region, used: found, words: "holds \(name)"))
      }
    }
    for name in names("bus/cxl/devices") where name.hasPrefix("region") {
      guard let region = devpath("bus/cxl/devices/\(name)") else { continue }
      for entry in names("bus/cxl/devices/\(name)") where entry.hasPrefix("target") {
        // The decoder of an endpoint, which links the device that it is the port of.
        guard let decoder = attribute("bus/cxl/devices/\(name)/\(entry)"), !decoder.isEmpty,
          let home = devpath("bus/cxl/devices/\(decoder)"), let port = Self.parent(home),
          let link = link(sys, "\(port.dropFirst())/uport")
        else { continue }
        ties.append(
          Tie(user: region, used: Self.resolve(link, from: port), words: "holds \(name)"))
      }
    }
    return ties
  }
}
