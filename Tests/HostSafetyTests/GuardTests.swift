import DriverModel
import Evidence
import TemporaryFolder
import Testing

@testable import HostSafety

/// What carries the network, the console, the display or the watchdog of a host is never raced.
@Suite struct GuardTests {
  let use: MockUse

  init() throws {
    use = try MockUse()
    use.addClass("net", "eth0", parent: "nic0")
    use.addClass("net", "eth1", parent: "nic1")
  }

  private func route(
    _ interface: String, destination: String = "00000000", gateway: String = "0101A8C0 0003"
  ) {
    let gateway = gateway.replacing(" ", with: "\t")
    use.tree.file(
      "proc/1/net/route",
      "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
        + "\(interface)\t\(destination)\t\(gateway)\t0\t0\t0\t\(destination)\t0\t0\t0\n")
  }

  @Test func theDefaultRouteCounts() throws {
    route("eth0")
    let look = try use.look
    #expect(look.reason("/devices/pci0/nic0") == "carries the default route (eth0)")
    #expect(look.reason("/devices/pci0/nic1") == nil)
  }

  @Test func anotherRouteDoesNot() throws {
    route("eth0", destination: "00FFFFFF", gateway: "00000000 0001")
    #expect(try use.reason("/devices/pci0/nic0") == nil)
  }

  @Test func theDefaultRouteOfIPv6Counts() throws {
    let zero = String(repeating: "0", count: 32)
    use.tree.file(
      "proc/1/net/ipv6_route",
      "\(zero) 00 \(zero) 00 fd01 00000400 00000002 00000000 00000003     eth0\n"
        + "\(zero) 00 \(zero) 00 \(zero) ffffffff 00000001 00000000 00200200       eth1\n"
        + "\(zero) 80 \(zero) 00 \(zero) 00000000 00000003 00000000 80200001       eth1\n")
    let look = try use.look
    #expect(look.reason("/devices/pci0/nic0") == "carries the default route (eth0)")
    #expect(look.reason("/devices/pci0/nic1") == nil)
  }

  @Test func whatABridgeIsMadeOfCounts() throws {
    use.addClass("net", "bond0", parent: "virtual0")
    use.addClass("net", "br0", parent: "virtual1")
    use.tree.link("sys/devices/pci0/virtual1/net/br0/lower_bond0", to: "../x")
    use.tree.link("sys/devices/pci0/virtual0/net/bond0/lower_eth1", to: "../x")
    use.tree.link("sys/devices/pci0/virtual0/net/bond0/lower_br0", to: "../x")
    route("br0")
    #expect(try use.reason("/devices/pci0/nic1") == "carries the default route (br0 over eth1)")
  }

  @Test func theConsoleCounts() throws {
    use.addClass("tty", "ttyS0", parent: "serial0")
    use.addClass("tty", "ttyS1", parent: "serial1")
    use.tree.file("sys/class/tty/console/active", "tty0 ttyS0\n")
    use.tree.file("proc/consoles", "ttyS1                -W- (EC  p a)    4:65\n")
    let look = try use.look
    #expect(look.reason("/devices/pci0/serial0") == "is the console (ttyS0)")
    #expect(look.reason("/devices/pci0/serial1") == "is the console (ttyS1)")
  }

  @Test func theDeviceOfAVirtioConsoleCounts() throws {
    use.tree.file("proc/consoles", "hvc0 -W- (EC) 229:0\n")
    use.tree.link(
      "sys/bus/virtio/drivers/virtio_console/virtio3", to: "../../../../devices/pci0/virtio3")
    #expect(try use.reason("/devices/pci0/virtio3") == "is the console (hvc0)")
  }

  @Test func anActiveWatchdogCounts() throws {
    use.addClass("watchdog", "watchdog0", parent: "tco")
    use.tree.file("sys/class/watchdog/watchdog0/state", "inactive\n")
    #expect(try use.reason("/devices/pci0/tco") == nil)
    use.tree.file("sys/class/watchdog/watchdog0/state", "active\n")
    #expect(try use.reason("/devices/pci0/tco") == "is an active watchdog (watchdog0)")
  }

  @Test func theBootDisplayCounts() throws {
    for (name, value) in [("a", "0"), ("b", "1")] {
      use.tree.file("sys/devices/pci0/\(name)/boot_vga", "\(value)\n")
      use.tree.link("sys/bus/pci/devices/\(name)", to: "../../../devices/pci0/\(name)")
    }
    let look = try use.look
    #expect(look.reason("/devices/pci0/a") == nil)
    #expect(look.reason("/devices/pci0/b") == "is the boot display")
  }

  @Test func theOnlyDisplayCounts() throws {
    use.addClass("drm", "card0", parent: "gpu0")
    use.addClass("drm", "card0-HDMI-A-1", parent: "gpu0")
    #expect(try use.reason("/devices/pci0/gpu0") == "is the only display (card0)")
    use.addClass("drm", "card1", parent: "gpu1")
    #expect(try use.reason("/devices/pci0/gpu0") == nil)
  }

  @Test func theConsolesFrameBufferCounts() throws {
    use.addClass("graphics", "fb0", parent: "gpu0")
    #expect(try use.reason("/devices/pci0/gpu0") == "is the console's frame buffer (fb0)")
  }

  @Test func suppliersOfWhatIsInUseCount() throws {
    route("eth0")
    for (name, supplier, consumer) in [("1", "clock", "power"), ("2", "power", "pci0/nic0")] {
      let home = "devices/virtual/devlink/\(name)"
      use.tree.link("sys/\(home)/supplier", to: "../../../\(supplier)")
      use.tree.link("sys/\(home)/consumer", to: "../../../\(consumer)")
      use.tree.link("sys/class/devlink/\(name)", to: "../../\(home)")
    }
    let look = try use.look
    #expect(
      look.reason("/devices/power") == "supplies nic0, which carries the default route (eth0)")
    #expect(look.reason("/devices/clock")?.hasPrefix("supplies power, which supplies") == true)
    #expect(look.reason("/devices/pci0/nic1") == nil)
  }

  @Test func anEmptyHostIsReadWithoutTrouble() throws {
    #expect(try use.look.unread == nil)
  }

  // Unloading

  private func bindDevices(_ names: String...) {
    for name in names {
      use.tree.make("sys/devices/\(name)")
      use.tree.link("sys/bus/b/drivers/d/\(Look.name(name))", to: "../../../../devices/\(name)")
    }
    use.tree.link("sys/bus/b/drivers/d/module", to: "../../../../module/m")
    use.tree.file("sys/bus/b/drivers/d/bind", "")
    use.tree.link("sys/module/m/drivers/b:d", to: "../../../bus/b/drivers/d")
  }

  private func reasonNotUnloadable(_ madeByRun: Set<String>) throws -> String? {
    let host = try use.host()
    let reason = host.reasonNotUnloadable(bus: "b", driver: "d", madeByRun: madeByRun)
    #expect(host.reasonNotUnloadable(module: "m", madeByRun: madeByRun) == reason)
    return reason
  }

  @Test func aDriverOfNoDeviceCanBeUnloaded() throws {
    bindDevices()
    #expect(try reasonNotUnloadable([]) == nil)
  }

  @Test func aDriverOfOwnDevicesCanBeUnloaded() throws {
    bindDevices("pseudo/adapter0", "pseudo/adapter1/host2/2:0:0:0")
    let made: Set = ["/devices/pseudo/adapter0", "/devices/pseudo/adapter1"]
    #expect(try reasonNotUnloadable(made) == nil)
  }

  @Test func aDriverOfAForeignDeviceCannot() throws {
    bindDevices("pseudo/adapter0", "pci0/real")
    let reason = try reasonNotUnloadable(["/devices/pseudo/adapter0"])
    #expect(reason == "b/real is bound to d and not made by this run")
  }

  @Test func whatCannotBeReadCannot() throws {
    use.tree.link("sys/bus/b/drivers/d", to: "d")
    let host = try use.host()
    let driver = try #require(
      host.reasonNotUnloadable(bus: "b", driver: "d", madeByRun: []))
    #expect(driver.hasPrefix("what is bound to d cannot be read ("))
    use.tree.link("sys/module/m", to: "m")
    let module = try #require(host.reasonNotUnloadable(module: "m", madeByRun: []))
    #expect(module.hasPrefix("the drivers of m cannot be read ("))
  }
}
