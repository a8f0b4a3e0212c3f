internal import DriverModel
internal import Evidence

extension Look {
  /// Interfaces that carry a default route, a route by a gateway or a connection, of PID 1's network
  /// namespace and of ours, and what is below them.
  mutating func atNetwork() {
    do throws(SystemError) {
      network = try readNetwork()
    } catch {
      cannotRead(error)
    }
    var defaults = network.defaultRoutes
    var gateways = network.gatewayRoutes
    var ends: [(space: String, addresses: [Network.Address], subnets: [Subnet])] = []
    for space in spaces {
      let routes = routes(space)
      defaults.formUnion(routes.defaults)
      gateways.formUnion(routes.gateways)
      let addresses = network.addresses + addresses(space)
      self.addresses += addresses
      ends.append((space, addresses, routes.subnets))
    }
    addInterfaces(defaults, "carries the default route")
    addInterfaces(gateways, "carries the route to a gateway")
    var connected: Set<String> = []
    for (space, addresses, subnets) in ends {
      // To list connections takes the kernel milliseconds, as its table is large however few there are.
      let possible = Set(addresses.map(\.interface) + subnets.map(\.interface))
      guard possible.sorted().contains(where: { isOfDeviceNotInUse($0) }) else { continue }
      for local in localAddresses(space) {
        for address in addresses where address.bytes == local {
          connected.insert(address.interface)
        }
        for subnet in subnets where subnet.holds(local) {
          connected.insert(subnet.interface)
        }
      }
    }
    addInterfaces(connected, "carries a connection")
  }

  /// The folders of the two namespaces in /proc; one where they are the same.
  var spaces: [String] {
    mutating get {
      let first = link(proc, "1/ns/net")
      return first != nil && first == link(proc, "self/ns/net") ? ["1/net"] : ["1/net", "self/net"]
    }
  }

  /// - Parameter reason: the name is added.
  mutating func addInterfaces(_ names: Set<String>, _ reason: String) {
    for name in names.sorted() where name != "lo" {
      var seen: Set<String> = []
      addInterface(name, carrier: name, reason, &seen)
    }
  }

  /// True where the interface, or one that it is made of, belongs to a device that could be spare.
  private mutating func isOfDeviceNotInUse(_ name: String) -> Bool {
    var left = [name]
    var seen: Set<String> = []
    while let next = left.popLast() {
      guard seen.insert(next).inserted, let found = devpath("class/net/\(next)") else { continue }
      if !found.hasPrefix("/devices/virtual/") && inUse.reasonAtOrBelow(found) == nil {
        return true
      }
      left += lower(next)
    }
    return false
  }

  /// What a bridge, bond or VLAN is made of.
  private mutating func lower(_ name: String) -> [String] {
    names("class/net/\(name)").filter { $0.hasPrefix("lower_") }
      .map { String($0.dropFirst("lower_".utf8.count)) }
  }

  /// The interface, and those that a bridge, bond or VLAN is made of.
  private mutating func addInterface(
    _ name: String, carrier: String, _ reason: String, _ seen: inout Set<String>
  ) {
    guard seen.insert(name).inserted, let found = devpath("class/net/\(name)") else { return }
    let through = name == carrier ? name : "\(carrier) over \(name)"
    inUse.add(found, "\(reason) (\(through))")
    for below in lower(name) { addInterface(below, carrier: carrier, reason, &seen) }
  }
}

// MARK: - Routes, as /proc shows them: the main table of IPv4, and all of IPv6

extension Look {
  private struct Routes {
    var defaults: Set<String> = []
    var gateways: Set<String> = []
    var subnets: [Subnet] = []
  }

  /// Addresses that an interface reaches directly.
  private struct Subnet {
    var interface: String
    var address: [UInt8]
    var mask: [UInt8]

    func holds(_ bytes: [UInt8]) -> Bool {
      bytes.count == 4 && zip(zip(bytes, mask), address).allSatisfy { $0.0 & $0.1 == $1 }
    }
  }

  private mutating func routes(_ space: String) -> Routes {
    var routes = Routes()
    for words in lines(proc, "\(space)/route").dropFirst() where words.count > 7 {
      let flags = UInt32(words[3], radix: 16) ?? 1
      guard flags & Self.up != 0, flags & Self.reject == 0 else { continue }
      let interface = String(words[0])
      if words[1] == "00000000" && words[7] == "00000000" {
        routes.defaults.insert(interface)
      } else if flags & Self.gateway != 0 {
        routes.gateways.insert(interface)
      } else if let address = Self.bytes(words[1]), let mask = Self.bytes(words[7]) {
        routes.subnets.append(Subnet(interface: interface, address: address, mask: mask))
      }
    }
    for words in lines(proc, "\(space)/ipv6_route") where words.count > 9 {
      let flags = UInt32(words[8], radix: 16) ?? 1
      guard flags & Self.reject == 0 else { continue }
      let isDefault = words[0].utf8.allSatisfy { $0 == 0x30 } && words[1] == "00"
      if isDefault { routes.defaults.insert(String(words[9])) }
      if flags & Self.gateway != 0 { routes.gateways.insert(String(words[9])) }
    }
    return routes
  }

  // RTF_UP, RTF_GATEWAY; RTF_REJECT is the route that refuses what no other takes.
  private static let up: UInt32 = 0x1
  private static let gateway: UInt32 = 0x2
  private static let reject: UInt32 = 0x200

  /// IPv6 addresses of interfaces (if_inet6).
  private mutating func addresses(_ space: String) -> [Network.Address] {
    lines(proc, "\(space)/if_inet6").compactMap { words in
      guard words.count > 5, words[0].utf8.count == 32 else { return nil }
      let bytes = (0..<16).compactMap { index in
        UInt8(words[0].dropFirst(2 * index).prefix(2), radix: 16)
      }
      return Network.Address(interface: String(words[5]), bytes: bytes)
    }
  }
}

// MARK: - Connections

extension Look {
  /// Our ends of TCP connections that are established, by addresses without those of the host with
  /// itself (proc_pid_net(5)): a session by ssh, and file systems and disks that come by the network.
  private mutating func localAddresses(_ space: String) -> Set<[UInt8]> {
    var found: Set<[UInt8]> = []
    for file in ["tcp", "tcp6"] {
      for words in lines(proc, "\(space)/\(file)").dropFirst() where words.count > 3 {
        guard words[3] == Self.established, let local = Self.address(words[1]),
          let remote = Self.address(words[2]), local != remote
        else { continue }
        found.insert(local)
      }
    }
    return found
  }

  // TCP_ESTABLISHED.
  private static let established = "01"

  /// The address of "0100007F:0016"; an IPv4 one inside IPv6 as IPv4.
  private static func address(_ text: Substring) -> [UInt8]? {
    guard let bytes = bytes(text.prefix { $0 != ":" }) else { return nil }
    let isMapped = bytes.count == 16 && bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    return isMapped ? Array(bytes[12...]) : bytes
  }

  /// Words of 32 bits in network order, each printed as the number that it is to this machine.
  private static func bytes(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text
    while !rest.isEmpty {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      let number = UInt32(bigEndian: word)
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
      rest = rest.dropFirst(8)
    }
    return bytes
  }
}
