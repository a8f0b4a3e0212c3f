internal import DriverModel
internal import Evidence
internal import Glibc

extension Look {
  /// Network interfaces of real devices that somebody uses, or set up for a use.
  mutating func atInterfaces() {
    let sockets = packetSockets()
    for name in names("class/net") where name != "lo" {
      guard let found = devpath("class/net/\(name)"), !found.hasPrefix("/devices/virtual/") else {
        continue
      }
      let reason =
        reasonMaster(name) ?? reasonUpper(name) ?? reasonUp(name) ?? reasonAddress(name)
        ?? reasonSocket(name, sockets)
      if let reason = reason ?? reasonSetUp(name) { inUse.add(found, reason) }
    }
  }

  /// Up for somebody, whether it carries anything or not.
  private mutating func reasonUp(_ name: String) -> String? {
    // IFF_UP.
    interfaceFlags(name) & 1 == 0 ? nil : "is up (\(name))"
  }

  private func reasonAddress(_ name: String) -> String? {
    guard let address = addresses.first(where: { Self.isSame($0.interface, name) }) else {
      return nil
    }
    return "has the address \(Self.text(address.bytes)) (\(name))"
  }

  /// A bridge, a bond, a virtual switch or the like that it is a part of.
  private mutating func reasonMaster(_ name: String) -> String? {
    link(sys, "class/net/\(name)/master").map { "is a part of \(Self.name($0)) (\(name))" }
  }

  /// What is on top of it: a VLAN, a macvtap, a bond.
  private mutating func reasonUpper(_ name: String) -> String? {
    let upper = names("class/net/\(name)").first { $0.hasPrefix("upper_") }
    return upper.map { "carries \($0.dropFirst("upper_".utf8.count)) (\(name))" }
  }

  /// Somebody who sends and takes raw packets.
  private mutating func reasonSocket(_ name: String, _ sockets: Set<Substring>) -> String? {
    guard !sockets.isEmpty, let number = text(sys, "class/net/\(name)/ifindex") else { return nil }
    return sockets.contains(number[...]) ? "has a packet socket (\(name))" : nil
  }

  /// The numbers of interfaces that sockets of AF_PACKET are bound to; those of all have 0.
  private mutating func packetSockets() -> Set<Substring> {
    var found: Set<Substring> = []
    for space in spaces {
      for words in lines(proc, "\(space)/packet").dropFirst() where words.count > 4 {
        found.insert(words[4])
      }
    }
    return found.subtracting(["0"])
  }

  mutating func interfaceFlags(_ name: String) -> UInt32 {
    text(sys, "class/net/\(name)/flags").flatMap { UInt32($0.dropFirst(2), radix: 16) } ?? 0
  }

  /// Devices whose interface was moved into another network namespace: its folder is there, and shows
  /// nothing to ours (kobject's namespaces of sysfs).
  mutating func atMovedInterfaces() {
    for bus in buses {
      for name in names("bus/\(bus)/devices") {
        for kind in ["net", "ieee80211"] {
          let folder = "bus/\(bus)/devices/\(name)/\(kind)"
          guard sys.exists(folder), names(folder).isEmpty,
            let found = devpath("bus/\(bus)/devices/\(name)")
          else { continue }
          inUse.add(found, "has its interface in another network namespace")
        }
      }
    }
  }

  /// The chip that drives the line of an interface; it can be on a bus of its own.
  mutating func phyTies() -> [Tie] {
    names("class/net").compactMap { name in
      guard let home = devpath("class/net/\(name)"),
        let link = link(sys, "class/net/\(name)/phydev")
      else { return nil }
      return Tie(user: home, used: Self.resolve(link, from: home), words: "is the PHY of \(name)")
    }
  }

  /// Two names are one where their bytes are; strings are more generous.
  static func isSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

  private static func text(_ address: [UInt8]) -> String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = address.count == 4 ? AF_INET : AF_INET6
    guard unsafe inet_ntop(family, address, &buffer, socklen_t(buffer.count)) != nil else {
      return "?"
    }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
