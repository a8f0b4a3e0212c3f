import DriverModel
import Evidence
import TemporaryFolder
import Testing

@testable import HostSafety

/// Nobody but root makes everything in use, or anything spare; and a name need not be text.
@Suite struct GuardUserTests {
  let use: MockUse

  init() throws {
    use = try .withTwoDisks()
  }

  // Mounts in a user namespace, whose source is what the user says

  private func mountAsUser(_ source: String, _ type: String) {
    use.addProcess(200, "user", user: 1000)
    use.tree.link("proc/200/ns/mnt", to: "mnt:[2]")
    use.tree.file("proc/200/mountinfo", "9 1 0:77 / /in rw - \(type) \(source) rw\n")
  }

  @Test(arguments: [
    "tmpfs", "ramfs", "overlay", "fuse", "fuse.x", "proc", "sysfs", "mqueue", "cgroup", "cgroup2",
    "devpts", "binfmt_misc", "bpf",
  ])
  func theSourceThatAUserNamesIsNoUse(_ type: String) throws {
    mountAsUser("/dev/sda1", type)
    let look = try use.look
    #expect(look.unread == nil)
    #expect(look.reason("/devices/pci0/sda0") == nil)
  }

  @Test(arguments: [
    "/dev/" + String(repeating: "x", count: 300), "/dev/\u{301}", "/dev/sda1/x", "/dev//",
    "/dev/..",
    "/dev/loop",
  ])
  func aSourceThatLeadsNowhereIsNoTrouble(_ source: String) throws {
    // In a circle.
    use.tree.link("dev/loop", to: "loop")
    mountAsUser(source, "btrfs")
    let look = try use.look
    #expect(look.unread == nil)
    #expect(look.reason("/devices/pci0/sda0") == nil)
  }

  @Test func aSourceThatIsNoTextIsNoTrouble() throws {
    mountAsUser("SOURCE", "btrfs")
    let text = "9 1 0:77 / /in rw - btrfs /dev/"
    use.tree.file(
      "proc/200/mountinfo",
      Array(text.utf8) + [0xff, 0x20] + Array("rw\n9 1 8:1 / /".utf8)
        + [0xe9] + Array(" rw - ext4 /dev/sda1 rw\n".utf8))
    let look = try use.look
    #expect(look.unread == nil)
    #expect(
      look.reason("/devices/pci0/sda0")
        == "holds /\\xe9 (sda1 mounted in the mount namespace of process 200)")
  }

  // Processes that call themselves what they like

  @Test(arguments: [
    [0xff, 0xfe], Array("\u{301}".utf8), Array(") R 1".utf8), Array("a\nb".utf8),
    [0xcc, 0x81, 0x29],
    // It joins what comes behind it.
    Array("\u{600}".utf8),
  ])
  func aProcessMayBeCalledAnything(_ name: [UInt8]) throws {
    use.addProcess(200, "user", user: 1000)
    let rest = " S 1 0 0 0" + String(repeating: " 0", count: 14) + " 1 0\n"
    use.tree.file("proc/200/stat", Array("200 (".utf8) + name + Array(")\(rest)".utf8))
    let look = try use.look
    #expect(look.unread == nil)
    #expect(look.reason("/devices/pci0/sda0") == nil)
  }

  @Test func aUsersProcessIsNotUdevd() throws {
    use.addProcess(200, "systemd-udevd", opens: ["/dev/full"], user: 1000)
    use.tree.make("sys/devices/pci0/full0")
    use.link("dev/char/1:7", to: "devices/pci0/full0")
    #expect(
      try use.reason("/devices/pci0/full0") == "is open: full0 in systemd-udevd (pid 200)")
    // Nor where it only took root's rights for a while: that is a program of the user's.
    use.tree.file("proc/200/status", "Name:\tudevd\nUid:\t1000\t0\t0\t0\n")
    #expect(try use.reason("/devices/pci0/full0") != nil)
    use.tree.file("proc/200/status", "Name:\tudevd\nUid:\t0\t0\t0\t0\n")
    #expect(try use.reason("/devices/pci0/full0") == nil)
  }

  // Interfaces whose name is no text

  /// What the folder of sysfs is called there.
  private static let wild = FileName.decode([0x65, 0xe9, 0xff])

  private func addWild() {
    use.addClass("net", Self.wild, parent: "nic")
    use.set("devices/pci0/nic/net/\(Self.wild)/flags", "0x1002")
  }

  @Test func anInterfaceWhoseNameIsNoTextCarriesTheDefaultRoute() throws {
    addWild()
    #expect(try use.reason("/devices/pci0/nic") == nil)
    let line = "\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    use.tree.file(
      "proc/1/net/route", Array("Iface ...\n".utf8) + [0x65, 0xe9, 0xff] + Array(line.utf8))
    #expect(try use.reason("/devices/pci0/nic") == "carries the default route (e\\xe9\\xff)")
  }

  @Test func itIsUpToo() throws {
    addWild()
    use.set("devices/pci0/nic/net/\(Self.wild)/flags", "0x1003")
    #expect(try use.reason("/devices/pci0/nic") == "is up (e\\xe9\\xff)")
  }

  @Test func rtnetlinkNamesItByTheSameBytes() throws {
    addWild()
    let host = try use.host(network: Network(defaultRoutes: [Self.wild]))
    #expect(host.look().reason("/devices/pci0/nic") == "carries the default route (e\\xe9\\xff)")
  }

  @Test func itIsWhatABridgeIsMadeOf() throws {
    addWild()
    use.link("class/net/br0", to: "devices/virtual/net/br0")
    use.tree.make("sys/devices/virtual/net/br0/lower_\(Self.wild)")
    use.addRoute("br0", gateway: true)
    #expect(
      try use.reason("/devices/pci0/nic") == "carries the route to a gateway (br0 over e\\xe9\\xff)"
    )
  }
}
