internal import DriverModel
internal import Evidence
internal import Glibc

/// What somebody set of an interface: a bind makes a new one, with none of it, and nobody puts it back.
extension Look {
  mutating func reasonSetUp(_ name: String) -> String? {
    reasonName(name) ?? reasonHardwareAddress(name) ?? reasonAlias(name) ?? reasonMTU(name)
      ?? reasonListening(name) ?? reasonProgram(name) ?? reasonQueueing(name)
      ?? reasonQueues(name) ?? reasonTuned(name) ?? reasonSysctl(name)
  }

  /// A name that is not the kernel's (NET_NAME_RENAMED), and none that udevd would give again.
  private mutating func reasonName(_ name: String) -> String? {
    guard attribute("class/net/\(name)/name_assign_type") == "4" else { return nil }
    if let udev, let number = attribute("class/net/\(name)/ifindex"), udev.exists("n\(number)") {
      for words in lines(udev, "n\(number)") {
        guard let word = words.first, word.hasPrefix("E:ID_NET_NAME"),
          let equals = word.firstIndex(of: "=")
        else { continue }
        if Self.isSame(String(word[word.index(after: equals)...]), name) { return nil }
      }
    }
    return "was given its name by hand (\(name))"
  }

  /// NET_ADDR_SET.
  private func reasonHardwareAddress(_ name: String) -> String? {
    guard attribute("class/net/\(name)/addr_assign_type") == "3" else { return nil }
    return "was given its hardware address by hand (\(name))"
  }

  private func reasonAlias(_ name: String) -> String? {
    guard let alias = attribute("class/net/\(name)/ifalias"), !alias.isEmpty else { return nil }
    return "has the alias \(alias) (\(name))"
  }

  /// Of Ethernet (ARPHRD_ETHER), whose drivers begin with ETH_DATA_LEN.
  private func reasonMTU(_ name: String) -> String? {
    guard attribute("class/net/\(name)/type") == "1",
      let length = attribute("class/net/\(name)/mtu"), length != "1500"
    else { return nil }
    return "has an MTU of \(length) (\(name))"
  }

  /// Promiscuous, or for all that is sent to groups.
  private mutating func reasonListening(_ name: String) -> String? {
    let listening = Self.promiscuous | Self.allGroups
    return interfaceFlags(name) & listening == 0 ? nil : "listens to all (\(name))"
  }

  // IFF_PROMISC, IFF_ALLMULTI.
  private static let promiscuous: UInt32 = 0x100
  private static let allGroups: UInt32 = 0x200

  private func reasonProgram(_ name: String) -> String? {
    network.programs.contains(name) ? "has an XDP program (\(name))" : nil
  }

  private func reasonQueueing(_ name: String) -> String? {
    network.queueings.contains(name) ? "has a queueing discipline (\(name))" : nil
  }

  /// CPUs that packets are steered to.
  private mutating func reasonQueues(_ name: String) -> String? {
    for queue in names("class/net/\(name)/queues") where queue.hasPrefix("rx-") {
      let mask = attribute("class/net/\(name)/queues/\(queue)/rps_cpus") ?? ""
      if mask.contains(where: { $0 != "0" && $0 != "," }) {
        return "steers packets to CPUs (\(queue) of \(name))"
      }
    }
    return nil
  }

  /// Attributes of which each interface begins with the same value.
  private func reasonTuned(_ name: String) -> String? {
    let first = [
      "gro_flush_timeout": "0", "napi_defer_hard_irqs": "0", "proto_down": "0",
      "power/control": "auto",
    ]
    for (file, value) in first.sorted(by: { $0.key < $1.key }) {
      guard let now = attribute("class/net/\(name)/\(file)"), now != value else { continue }
      return "has \(file) set to \(now) (\(name))"
    }
    return nil
  }

  /// Sysctls that differ from what a new interface begins with.
  private mutating func reasonSysctl(_ name: String) -> String? {
    if firstSysctls == nil { firstSysctls = readFirstSysctls() }
    for (family, file, first) in firstSysctls ?? [] {
      guard let now = try? proc.text("sys/net/\(family)/conf/\(name)/\(file)"), now != first else {
        continue
      }
      return "has \(family)'s \(file) set to \(now) (\(name))"
    }
    return nil
  }

  private func readFirstSysctls() -> [(family: String, file: String, value: String)] {
    ["ipv4", "ipv6"].flatMap { family in
      let folder = "sys/net/\(family)/conf/default"
      let files = (try? proc.names(folder)) ?? []
      // The first is the link's own, the other a secret that nobody reads.
      return files.filter { $0 != "mtu" && $0 != "stable_secret" }.compactMap { file in
        (try? proc.text("\(folder)/\(file)")).map { (family, file, $0) }
      }
    }
  }
}
