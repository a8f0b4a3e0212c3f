internal import DriverModel
internal import Evidence

extension Look {
  /// Interfaces that carry a default route of PID 1's network namespace, and what is below them.
  mutating func atRoutes() {
    var interfaces: Set<Substring> = []
    for words in lines(proc, "1/net/route").dropFirst() where words.count > 7 {
      let isUp = (UInt32(words[3], radix: 16) ?? 1) & 1 != 0
      if words[1] == "00000000" && words[7] == "00000000" && isUp { interfaces.insert(words[0]) }
    }
    for words in lines(proc, "1/net/ipv6_route") where words.count > 9 {
      // RTF_REJECT is the route that refuses what no other takes.
      let isReject = (UInt32(words[8], radix: 16) ?? 0) & 0x200 != 0
      let isDefault = words[0].utf8.allSatisfy { $0 == 0x30 } && words[1] == "00"
      if isDefault && !isReject { interfaces.insert(words[9]) }
    }
    for interface in interfaces.sorted() {
      var seen: Set<String> = []
      addInterface(String(interface), carrier: String(interface), &seen)
    }
  }

  /// The interface, and those that a bridge, bond or VLAN is made of.
  private mutating func addInterface(_ name: String, carrier: String, _ seen: inout Set<String>) {
    guard seen.insert(name).inserted, let found = devpath("class/net/\(name)") else { return }
    let through = name == carrier ? name : "\(carrier) over \(name)"
    inUse.add(found, "carries the default route (\(through))")
    for entry in names("class/net/\(name)") where entry.hasPrefix("lower_") {
      addInterface(String(entry.dropFirst("lower_".utf8.count)), carrier: carrier, &seen)
    }
  }
}
