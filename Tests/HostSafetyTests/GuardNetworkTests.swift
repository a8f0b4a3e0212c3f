import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// The way to the network is never raced, nor that of a connection.
@Suite struct GuardNetworkTests {
  let use: MockUse

  init() throws {
    use = try MockUse()
    for number in 0...2 { use.addClass("net", "eth\(number)", parent: "nic\(number)") }
    use.addClass("net", "lo", parent: "lo0")
  }

  private func nic(_ number: Int) throws -> String? { try use.reason("/devices/pci0/nic\(number)") }

  /// Lines of DESTINATION GATEWAY FLAGS MASK on an interface.
  private func routes(_ lines: String...) {
    let text = lines.map { line in
      let words = line.split(separator: " ")
      return "\(words[0])\t\(words[1])\t\(words[2])\t\(words[3])\t0\t0\t0\t\(words[4])\t0\t0\t0\n"
    }
    use.tree.file("proc/1/net/route", "Iface Destination ...\n" + text.joined())
  }

  private func connection(
    _ local: String, _ remote: String, state: String = "01", file: String = "1/net/tcp"
  ) {
    use.tree.file(
      "proc/\(file)",
      "  sl  local_address rem_address   st tx_queue rx_queue\n"
        + "   0: \(local):0016 \(remote):D431 \(state) 00000000:00000000 00:00000000\n")
  }

  @Test func aRouteByAGatewayCounts() throws {
    routes("eth0 0000010A 0101A8C0 0003 0000FFFF", "eth1 0001A8C0 00000000 0001 00FFFFFF")
    #expect(try nic(0) == "carries the route to a gateway (eth0)")
    #expect(try nic(1) == nil)
  }

  @Test func aRouteThatRefusesDoesNot() throws {
    routes("eth0 0000010A 0101A8C0 0203 0000FFFF", "eth1 0000010A 0101A8C0 0002 0000FFFF")
    #expect(try nic(0) == nil)
    #expect(try nic(1) == nil)
  }

  @Test func aRouteOfIPv6ByAGatewayCounts() throws {
    let zero = String(repeating: "0", count: 32)
    let net = "fd01" + String(repeating: "0", count: 28)
    use.tree.file(
      "proc/1/net/ipv6_route",
      "\(net) 40 \(zero) 00 \(net) 00000400 00000002 00000000 00000003     eth0\n"
        + "\(net) 40 \(zero) 00 \(zero) 00000100 00000002 00000000 00000001     eth1\n")
    #expect(try nic(0) == "carries the route to a gateway (eth0)")
    #expect(try nic(1) == nil)
  }

  @Test func aConnectionCounts() throws {
    routes("eth0 0001A8C0 00000000 0001 00FFFFFF", "eth1 0002A8C0 00000000 0001 00FFFFFF")
    connection("0501A8C0", "0909A8C0")
    #expect(try nic(0) == "carries a connection (eth0)")
    #expect(try nic(1) == nil)
  }

  @Test(arguments: ["0A", "06"])
  func oneThatIsNotEstablishedDoesNot(_ state: String) throws {
    routes("eth0 0001A8C0 00000000 0001 00FFFFFF")
    connection("0501A8C0", "0909A8C0", state: state)
    #expect(try nic(0) == nil)
  }

  @Test func oneOfTheHostWithItselfDoesNot() throws {
    routes("eth0 0001A8C0 00000000 0001 00FFFFFF")
    connection("0501A8C0", "0501A8C0")
    #expect(try nic(0) == nil)
  }

  @Test func aConnectionIsFoundByTheAddressOfItsInterface() throws {
    connection("0501A8C0", "0909A8C0", file: "self/net/tcp")
    let network = Network(addresses: [
      Network.Address(interface: "eth0", bytes: [192, 168, 1, 4]),
      Network.Address(interface: "eth1", bytes: [192, 168, 1, 5]),
      Network.Address(interface: "lo", bytes: [192, 168, 1, 5]),
    ])
    let look = try use.host(network: network).look()
    #expect(look.reason("/devices/pci0/nic1") == "carries a connection (eth1)")
    #expect(look.reason("/devices/pci0/nic0") == "has the address 192.168.1.4 (eth0)")
    #expect(look.reason("/devices/pci0/lo0") == nil)
  }

  @Test func connectionsAreListedOnlyWhereThatCouldTellMore() throws {
    use.tree.make("proc/1/net/tcp")
    routes("eth0 00000000 0101A8C0 0003 00000000", "eth0 0001A8C0 00000000 0001 00FFFFFF")
    #expect(try use.look.unread == nil)
    routes("eth0 00000000 0101A8C0 0003 00000000", "eth1 0001A8C0 00000000 0001 00FFFFFF")
    #expect(try use.look.unread?.contains("1/net/tcp") == true)
  }

  @Test func aConnectionThroughABridgeCounts() throws {
    use.tree.make("sys/devices/virtual/net/br0")
    use.tree.link("sys/class/net/br0", to: "../../devices/virtual/net/br0")
    use.tree.link("sys/devices/virtual/net/br0/lower_eth1", to: "../x")
    routes("br0 0001A8C0 00000000 0001 00FFFFFF")
    connection("0501A8C0", "0909A8C0")
    #expect(try nic(1) == "carries a connection (br0 over eth1)")
  }

  @Test func aConnectionByIPv6Counts() throws {
    use.tree.file(
      "proc/1/net/if_inet6",
      "00000000000000000000000000000001 01 80 10 80       lo\n"
        + "fd000000000000000000000000000102 02 40 00 80     eth1\n")
    connection(
      "000000FD000000000000000002010000", "000000FD000000000000000003010000", file: "1/net/tcp6")
    #expect(try nic(1) == "carries a connection (eth1)")
    #expect(try nic(0) == nil)
  }

  @Test func aConnectionOfIPv4InsideIPv6Counts() throws {
    routes("eth0 0001A8C0 00000000 0001 00FFFFFF")
    connection(
      "0000000000000000FFFF00000501A8C0", "0000000000000000FFFF00000909A8C0",
      file: "1/net/tcp6")
    #expect(try nic(0) == "carries a connection (eth0)")
  }

  @Test func routesOfOtherTablesCount() throws {
    let network = Network(defaultRoutes: ["eth0", "lo"], gatewayRoutes: ["eth1"])
    let look = try use.host(network: network).look()
    #expect(look.reason("/devices/pci0/nic0") == "carries the default route (eth0)")
    #expect(look.reason("/devices/pci0/nic1") == "carries the route to a gateway (eth1)")
    #expect(look.reason("/devices/pci0/nic2") == nil)
    #expect(look.reason("/devices/pci0/lo0") == nil)
  }

  @Test func aNamespaceIsReadOnceWhereBothAreOne() throws {
    use.tree.link("proc/1/ns/net", to: "net:[1]")
    use.tree.link("proc/self/ns/net", to: "net:[1]")
    use.tree.make("proc/self/net/route")
    #expect(try use.look.unread == nil)
    routes("eth0 00000000 0101A8C0 0003 00000000")
    #expect(try nic(0) == "carries the default route (eth0)")
    use.tree.link("proc/self/ns/net", to: "net:[2]")
    #expect(try use.look.unread?.contains("self/net/route") == true)
  }

  @Test(arguments: [
    ("gro_flush_timeout", "20000"), ("napi_defer_hard_irqs", "2"), ("proto_down", "1"),
    ("power/control", "on"),
  ])
  func anAttributeThatIsNotAsItBeginsCounts(_ file: String, _ value: String) throws {
    use.addNIC()
    use.set("devices/pci0/x/net/eth1/\(file)", value)
    #expect(try use.reason("/devices/pci0/x") == "has \(file) set to \(value) (eth1)")
  }

  @Test(arguments: ["ipv4", "ipv6"])
  func aSysctlThatDiffersFromTheDefaultCounts(_ family: String) throws {
    use.addNIC()
    use.tree.file("proc/sys/net/\(family)/conf/default/x", "0\n")
    use.tree.file("proc/sys/net/\(family)/conf/eth1/x", "1\n")
    #expect(try use.reason("/devices/pci0/x") == "has \(family)'s x set to 1 (eth1)")
  }

  @Test(arguments: ["net", "ieee80211"])
  func anInterfaceInAnotherNamespaceCounts(_ kind: String) throws {
    use.addDevice("y", bus: "pci", driver: "nic")
    use.tree.make("sys/devices/pci0/y/\(kind)")
    #expect(
      try use.reason("/devices/pci0/y") == "has its interface in another network namespace")
  }

  @Test(arguments: ["netconsole", "netconsole.netconsole"])
  func netconsoleOfTheCommandLineCounts(_ name: String) throws {
    use.tree.make("sys/module/netconsole")
    use.tree.file("proc/cmdline", "ro \(name)=@/eth1,@10.0.0.1/;@/,@10.0.0.1/ other=@/eth2,@x/\n")
    #expect(try nic(1) == "sends the kernel's messages (eth1)")
    // Without a name it is that one.
    #expect(try nic(0) == "sends the kernel's messages (eth0)")
    #expect(try nic(2) == nil)
  }

  @Test func aNetworkThatCannotBeReadIsEverywhere() throws {
    let host = Guard(
      sys: try use.tree.directory("sys"), proc: try use.tree.directory("proc"), dev: nil, etc: nil,
      udev: nil,
      readNetwork: { () throws(SystemError) in throw SystemError("read", "the routes", EAGAIN) },
      readSignature: { (_, _) throws(SystemError) in nil },
      readUnits: { (_) throws(SystemError) in [] })
    #expect(host.reasonInUse("/devices/pci0/nic0")?.contains("the routes") == true)
  }

  @Test func theKernelTellsTheAddressesOfThisMachine() throws {
    let network = try Network.now()
    let loopback = network.addresses.filter { $0.interface == "lo" }.map(\.bytes)
    // A namespace can have its loopback down, and then nothing has an address.
    #expect(network.addresses.isEmpty || loopback.contains([127, 0, 0, 1]))
    #expect(network.addresses.allSatisfy { [4, 16].contains($0.bytes.count) })
  }
}
