import DriverModel
import TemporaryFolder
import Testing

@testable import DriverModel

/// A node of /dev and a device of a class mean the device of a bus that carries them.
@Suite struct CarrierTests {
  private let tree = SysfsTree()
  /// Nodes of a made-up /dev.
  private static let nodes = [
    "/dev/sda": DeviceNumber(isBlock: true, 0x800),
    "/dev/sda1": DeviceNumber(isBlock: true, 0x801),
    "/dev/disk/by-id/x": DeviceNumber(isBlock: true, 0x801),
    "/dev/sg0": DeviceNumber(isBlock: false, 0x1500),
    "/dev/ttyS0": DeviceNumber(isBlock: false, 0x440),
    "/dev/nvme0n1": DeviceNumber(isBlock: true, 0x10300),
    "/dev/nvme1n1": DeviceNumber(isBlock: true, 0x10301),
    "/dev/dm-0": DeviceNumber(isBlock: true, 0xfe00),
    "/dev/null": DeviceNumber(isBlock: false, 0x103),
    "/dev/gone": DeviceNumber(isBlock: true, 0x999),
  ]

  private var sysfs: Sysfs {
    get throws { Sysfs(root: try Directory(tree.path), node: { Self.nodes[$0] }) }
  }

  init() {
    tree.bus("scsi").driver("sd").device("0:0:0:0", below: "devices/host0", boundTo: "sd")
    let disk = "devices/host0/0:0:0:0"
    node("\(disk)/block/sda", "block", "8:0", isBlock: true)
    node("\(disk)/block/sda/sda1", "block", "8:1", isBlock: true)
    node("\(disk)/scsi_generic/sg0", "scsi_generic", "21:0")
    tree.bus("serial-base").driver("port", hasBindFiles: false)
      .device("00:04:0.0", below: "devices/pnp0/00:04", boundTo: "port")
    tree.bus("pnp").driver("serial").device("00:04", below: "devices/pnp0", boundTo: "serial")
    node("devices/pnp0/00:04/00:04:0.0/tty/ttyS0", "tty", "4:64")
    tree.bus("pci").driver("nvme").device("0:4", below: "devices/pci0", boundTo: "nvme")
      .device("0:5", below: "devices/pci0", boundTo: "nvme")
    for (controller, pci) in [("nvme0", "0:4"), ("nvme1", "0:5")] {
      let folder = "devices/pci0/\(pci)/nvme/\(controller)"
      node(folder, "nvme", nil)
      tree.link("devices/virtual/sub0/\(controller)", to: folder)
    }
    tree.file("devices/virtual/sub0/uevent", "")
    node("devices/virtual/sub0/nvme0n1", "block", "259:0", isBlock: true)
    node("devices/pci0/0:4/nvme/nvme0/nvme1n1", "block", "259:1", isBlock: true)
    node("devices/virtual/block/dm-0", "block", "254:0", isBlock: true)
    tree.make("devices/virtual/block/dm-0/slaves/sda1")
    node("devices/virtual/mem/null", "mem", "1:3")
  }

  private func node(_ folder: String, _ kind: String, _ number: String?, isBlock: Bool = false) {
    tree.file("\(folder)/uevent", "")
    tree.link("\(folder)/subsystem", to: "class/\(kind)")
    tree.link("class/\(kind)/\(folder.split(separator: "/").last ?? "")", to: folder)
    if let number { tree.link("dev/\(isBlock ? "block" : "char")/\(number)", to: folder) }
  }

  @Test(
    "the nearest device above that can be bound",
    arguments: [
      ("/dev/sda", "scsi/0:0:0:0"), ("/dev/sda1", "scsi/0:0:0:0"),
      ("/dev/disk/by-id/x", "scsi/0:0:0:0"), ("/dev/sg0", "scsi/0:0:0:0"),
      ("/sys/class/block/sda1", "scsi/0:0:0:0"), ("/sys/class/scsi_generic/sg0", "scsi/0:0:0:0"),
      ("/dev/ttyS0", "pnp/00:04"), ("/dev/nvme1n1", "pci/0:4"),
      ("/sys/class/nvme/nvme1", "pci/0:5"),
    ])
  func carrier(of path: String, is target: String) throws {
    #expect(try sysfs.devices(of: Target(path)).map(\.target) == [target])
    #expect(try sysfs.carrier(at: path)?.target == target)
  }

  @Test("a path of the device itself, of something else, or of nothing has no other carrier")
  func none() throws {
    for path in ["/sys/bus/scsi/devices/0:0:0:0", "/sys/bus/scsi", "/sys/nothing"] {
      #expect(try sysfs.carrier(at: path) == nil)
    }
  }

  @Test(
    "what no device carries that can be bound says why",
    arguments: [
      ("/dev/nvme0n1", "several carry it: pci/0:4, pci/0:5"),
      ("/dev/dm-0", "no device of a bus carries it; it is made of /dev/sda1"),
      ("/dev/null", "no device of a bus carries it"),
      ("/dev/sdz", "no such node of a device"),
      ("/dev/gone", "the kernel has no device dev/block/9:153"),
    ])
  func obstacles(path: String, problem: String) throws {
    let sysfs = try sysfs
    let error = #expect(throws: TargetError.self) { try sysfs.devices(of: Target(path)) }
    #expect(error?.problem == problem)
    #expect(throws: TargetError.self) { try sysfs.carrier(at: path) }
  }

  @Test("a disk of one of several controllers is that one's, once the others are gone")
  func controller() throws {
    tree.remove("devices/virtual/sub0/nvme1")
    #expect(try sysfs.carrier(at: "/dev/nvme0n1")?.target == "pci/0:4")
    // Nobody can bind it any more.
    tree.remove("bus/pci/drivers/nvme/bind")
    let sysfs = try sysfs
    let error = #expect(throws: TargetError.self) { try sysfs.carrier(at: "/dev/nvme0n1") }
    #expect(
      error?.problem == "pci/0:4 carries it, whose driver nvme has no bind and unbind files")
  }

  @Test("a node is what stat(2) says, also of large numbers")
  func numbers() throws {
    #expect(DeviceNumber(at: "/dev/null")?.path == "dev/char/1:3")
    #expect(DeviceNumber(at: "/dev") == nil)
    #expect(DeviceNumber(at: "/dev/none/of/it") == nil)
    #expect(
      DeviceNumber(isBlock: true, 0x1234_5678_9ab0_cdef).path == "dev/block/305418445:1737075695")
  }

  @Test("a driver that is not loaded is told with its module, where modinfo(8) has one")
  func module() throws {
    let folder = TemporaryFolder()
    folder.file(
      "modinfo",
      "#!/bin/sh\n[ \"$*\" = '-n -- xhci_hcd' ] && echo /lib/x.ko || { echo '(builtin)'; exit 0; }\n",
      mode: 0o755)
    let sysfs = Sysfs(root: try Directory(tree.path), modinfo: "\(folder.path)/modinfo")
    func problem(_ target: String) -> String? {
      let error = #expect(throws: TargetError.self) { try sysfs.devices(of: Target(target)) }
      return error?.problem
    }
    #expect(
      problem("driver:pci/xhci_hcd")
        == "the bus 'pci' has no driver 'xhci_hcd'; load its module: modprobe xhci_hcd")
    #expect(
      problem("driver:pci/nvmee")
        == "the bus 'pci' has no driver 'nvmee'; did you mean driver:pci/nvme?")
    tree.module("xhci_hcd")
    #expect(problem("driver:pci/xhci_hcd")?.contains("modprobe") == false)
  }
}
