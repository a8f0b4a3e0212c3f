import Evidence
import TemporaryFolder

@testable import HostSafety

/// An interface without anything.
private let nic: @Sendable (MockUse) -> Void = { $0.addNIC() }
private let eth1 = "devices/pci0/x/net/eth1"

extension MockUse {
  /// eth1 of "/devices/pci0/x", as a new interface is.
  func addNIC() {
    addClass("net", "eth1", parent: "x")
    addDevice("x", bus: "pci", driver: "nic")
    for (file, value) in [
      ("flags", "0x1002"), ("ifindex", "7"), ("type", "1"), ("mtu", "1500"), ("ifalias", ""),
      ("name_assign_type", "1"), ("addr_assign_type", "0"), ("gro_flush_timeout", "0"),
      ("napi_defer_hard_irqs", "0"), ("proto_down", "0"), ("power/control", "auto"),
      ("queues/rx-0/rps_cpus", "0"), ("queues/tx-0/xps_cpus", "3"),
    ] {
      set("\(eth1)/\(file)", value)
    }
    for name in ["default", "eth1"] {
      tree.file("proc/sys/net/ipv4/conf/\(name)/forwarding", "0\n")
      tree.file("proc/sys/net/ipv6/conf/\(name)/mtu", name == "default" ? "1280\n" : "1500\n")
    }
    // The tables of a host that has an address elsewhere.
    tree.file("proc/1/net/packet", "sk RefCnt Type Proto Iface R Rmem User Inode\n")
  }

  func addRoute(_ interface: String, gateway: Bool) {
    let words =
      gateway
      ? "0000010A\t0101A8C0\t0003\t0\t0\t0\t0000FFFF" : "00000000\t0\t0001\t0\t0\t0\t00000000"
    tree.file("proc/1/net/route", "Iface ...\n\(interface)\t\(words)\t0\t0\t0\n")
  }
}

extension GuardWay {
  static let networks: [GuardWay] = [
    GuardWay(
      id: "default-route", group: .network, what: "the way to everything",
      knownBy: "`/proc/1/net/route`, `ipv6_route`, and rtnetlink for all tables of our namespace",
      reason: "carries the default route (eth1)", guest: "guard", idle: nic,
      use: { $0.addRoute("eth1", gateway: false) }),
    GuardWay(
      id: "default-route-below", group: .network,
      what: "what a bridge, bond or VLAN on that way is made of", knownBy: "`lower_*`",
      reason: "carries the default route (br0 over eth1)", idle: nic,
      use: {
        $0.link("class/net/br0", to: "devices/virtual/net/br0")
        $0.tree.link("sys/devices/virtual/net/br0/lower_eth1", to: "../x")
        $0.addRoute("br0", gateway: false)
      }),
    GuardWay(
      id: "gateway", group: .network, what: "the way to a gateway", knownBy: "the same",
      reason: "carries the route to a gateway (eth1)", idle: nic,
      use: { $0.addRoute("eth1", gateway: true) }),
    GuardWay(
      id: "connection", group: .network, what: "what an established TCP connection goes through",
      knownBy: "`/proc/1/net/tcp`, `tcp6` and the addresses",
      reason: "carries a connection (eth1)", guest: "guard", idle: nic,
      use: {
        $0.tree.file(
          "proc/1/net/tcp", "sl local rem st\n 0: 0501A8C0:0016 0909A8C0:D431 01 0:0 0:0 0\n")
      }, network: Network(addresses: [.init(interface: "eth1", bytes: [192, 168, 1, 5])])),
    GuardWay(
      id: "up", group: .network, what: "an interface that is up, whatever it carries",
      knownBy: "IFF_UP in `flags`", reason: "is up (eth1)", guest: "guard-ties", idle: nic,
      use: { $0.set("\(eth1)/flags", "0x1003") }),
    GuardWay(
      id: "address", group: .network, what: "one that is down and has an address",
      knownBy: "rtnetlink, `if_inet6`", reason: "has the address fe80::1 (eth1)",
      guest: "guard-ties", idle: nic,
      network: Network(addresses: [
        .init(interface: "eth1", bytes: [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1])
      ])),
    GuardWay(
      id: "master", group: .network, what: "a part of a bridge, bond, team or virtual switch",
      knownBy: "`master`", reason: "is a part of br0 (eth1)", guest: "guard-ties", idle: nic,
      use: { $0.tree.link("sys/\(eth1)/master", to: "../../../virtual/net/br0") }),
    GuardWay(
      id: "upper", group: .network, what: "what a VLAN, macvtap or the like lies over",
      knownBy: "`upper_*`", reason: "carries macvtap0 (eth1)", guest: "guard-ties", idle: nic,
      use: { $0.tree.link("sys/\(eth1)/upper_macvtap0", to: "../x") }),
    GuardWay(
      id: "packet-socket", group: .network, what: "one to which a packet socket is bound",
      knownBy: "`/proc/1/net/packet`", reason: "has a packet socket (eth1)", guest: "guard-ties",
      idle: nic,
      use: { $0.tree.file("proc/1/net/packet", "sk ...\n0 3 3 0003 7 1 0 0 9\n") }),
    GuardWay(
      id: "moved", group: .network,
      what: "a device whose interface was moved into another network namespace",
      knownBy: "its folder `net` or `ieee80211` is there, and empty",
      reason: "has its interface in another network namespace", guest: "guard-ties", idle: nic,
      use: {
        $0.tree.remove("sys/class/net/eth1")
        $0.tree.remove("sys/\(eth1)")
      }),
    GuardWay(
      id: "name", group: .network, what: "one that was given its name by hand",
      knownBy: "`name_assign_type`, and no `ID_NET_NAME*` of udevd's database is its name",
      reason: "was given its name by hand (eth1)", guest: "guard-ties",
      idle: {
        $0.addNIC()
        $0.set("\(eth1)/name_assign_type", "4")
        $0.tree.file("udev/n7", "E:ID_NET_NAME_PATH=eth1\n")
      }, use: { $0.tree.file("udev/n7", "E:ID_NET_NAME_PATH=enp0s7\n") }),
    GuardWay(
      id: "hardware-address", group: .network, what: "one whose hardware address was set",
      knownBy: "`addr_assign_type`", reason: "was given its hardware address by hand (eth1)",
      guest: "guard-ties", idle: nic, use: { $0.set("\(eth1)/addr_assign_type", "3") }),
    GuardWay(
      id: "alias", group: .network, what: "one with an alias", knownBy: "`ifalias`",
      reason: "has the alias uplink (eth1)", guest: "guard-ties", idle: nic,
      use: { $0.set("\(eth1)/ifalias", "uplink") }),
    GuardWay(
      id: "mtu", group: .network, what: "one with another MTU than 1500", knownBy: "`mtu`",
      reason: "has an MTU of 9000 (eth1)", guest: "guard-ties", idle: nic,
      use: { $0.set("\(eth1)/mtu", "9000") }),
    GuardWay(
      id: "listening", group: .network, what: "one that takes what is sent to others",
      knownBy: "IFF_PROMISC, IFF_ALLMULTI in `flags`", reason: "listens to all (eth1)",
      guest: "guard-ties", idle: nic, use: { $0.set("\(eth1)/flags", "0x1102") }),
    GuardWay(
      id: "xdp", group: .network, what: "one with an XDP program", knownBy: "rtnetlink",
      reason: "has an XDP program (eth1)", idle: nic, network: Network(programs: ["eth1"])),
    GuardWay(
      id: "queueing", group: .network, what: "one with a queueing discipline of somebody's",
      knownBy: "rtnetlink: the kernel's own have no number",
      reason: "has a queueing discipline (eth1)", guest: "guard-ties", idle: nic,
      network: Network(queueings: ["eth1"])),
    GuardWay(
      id: "steering", group: .network, what: "one whose packets are steered to CPUs",
      knownBy: "`queues/rx-*/rps_cpus`", reason: "steers packets to CPUs (rx-0 of eth1)",
      guest: "guard-ties", idle: nic, use: { $0.set("\(eth1)/queues/rx-0/rps_cpus", "2") }),
    GuardWay(
      id: "tuned", group: .network, what: "one with an attribute that is not as it begins",
      knownBy: "`gro_flush_timeout`, `napi_defer_hard_irqs`, `proto_down`, `power/control`",
      reason: "has gro_flush_timeout set to 20000 (eth1)", guest: "guard-ties", idle: nic,
      use: { $0.set("\(eth1)/gro_flush_timeout", "20000") }),
    GuardWay(
      id: "sysctl", group: .network, what: "one with a sysctl that differs from the default",
      knownBy: "`/proc/sys/net/ipv4/conf`, `ipv6/conf`",
      reason: "has ipv4's forwarding set to 1 (eth1)", guest: "guard-ties", idle: nic,
      use: { $0.tree.file("proc/sys/net/ipv4/conf/eth1/forwarding", "1\n") }),
    GuardWay(
      id: "netconsole", group: .network, what: "one by which the kernel sends its messages",
      knownBy: "`enabled` and `dev_name` of netconsole in configfs",
      reason: "sends the kernel's messages (eth1)", guest: "guard-ties",
      idle: {
        $0.addNIC()
        $0.set("kernel/config/netconsole/t/dev_name", "eth1")
        $0.set("kernel/config/netconsole/t/enabled", "0")
      }, use: { $0.set("kernel/config/netconsole/t/enabled", "1") }),
    GuardWay(
      id: "netconsole-boot", group: .network, what: "the same as the command line says",
      knownBy: "`netconsole=` in `/proc/cmdline`, where the module is there",
      reason: "sends the kernel's messages (eth1)",
      idle: {
        $0.addNIC()
        $0.tree.file("proc/cmdline", "ro netconsole=+6666@10.0.0.2/eth1,6666@10.0.0.1/\n")
      }, use: { $0.tree.make("sys/module/netconsole") }),
  ]
}
