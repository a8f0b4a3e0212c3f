import DriverModel
import Evidence
import Glibc
import Testing

/// Each verb is the right bytes in the right file, and its record says what the kernel answered.
@Suite struct VerbWriteTests {
  static let disk = Device(
    bus: "scsi", name: "0:0:0:0", devpath: "/devices/host0/0:0:0:0", driver: "sd")
  static let card = Device(bus: "pci", name: "0000:00:04.0", devpath: "/devices/pci/0000:00:04.0")

  @Test(
    arguments: [
      (.bind(disk, to: "sd"), .bind, "bus/scsi/drivers/sd/bind", "0:0:0:0"),
      (.unbind(disk, from: "sd"), .unbind, "bus/scsi/drivers/sd/unbind", "0:0:0:0"),
      (.driversProbe(disk), .driversProbe, "bus/scsi/drivers_probe", "0:0:0:0"),
      (
        .driverOverride(card, "vfio-pci"), .driverOverride,
        "devices/pci/0000:00:04.0/driver_override", "vfio-pci"
      ),
      (
        .driverOverride(card, nil), .driverOverride, "devices/pci/0000:00:04.0/driver_override",
        "\n"
      ),
      (.remove(card), .remove, "devices/pci/0000:00:04.0/remove", "1"),
      (.rescan(), .rescan, "bus/pci/rescan", "1"),
      (.rescan(from: card), .rescan, "devices/pci/0000:00:04.0/rescan", "1"),
      (.delete(disk), .delete, "devices/host0/0:0:0:0/delete", "1"),
      (.scan(host: 3), .scan, "class/scsi_host/host3/scan", "- - -"),
      (
        .scan(host: 0, channel: 0, target: 0, lun: 16384), .scan, "class/scsi_host/host0/scan",
        "0 0 16384"
      ),
    ] as [(VerbWrite, Verb, String, String)])
  func `a verb has its file and bytes`(write: VerbWrite, verb: Verb, path: String, text: String) {
    #expect(write.verb == verb)
    #expect(write.path == path)
    #expect(String(decoding: write.bytes, as: UTF8.self) == text)
  }

  @Test(
    arguments: [
      (
        ModuleVerb.load("scsi_debug", ["delay=10"]), Verb.load,
        ["/sbin/modprobe", "scsi_debug", "delay=10"]
      ),
      (ModuleVerb.unload("scsi_debug"), Verb.unload, ["/sbin/rmmod", "scsi_debug"]),
    ])
  func `loading is left to modprobe, unloading to rmmod`(
    modules: ModuleVerb, verb: Verb, arguments: [String]
  ) {
    #expect(modules.verb == verb)
    #expect(modules.module == "scsi_debug")
    #expect(modules.arguments == arguments)
  }

  let tree = SysfsTree()

  @Test func `a verb that worked is written and recorded`() throws {
    tree.bus("scsi").driver("sd").device("0:0:0:0", boundTo: "sd")
    let before = MonotonicClock.now()
    let record = try tree.sysfs.perform(.unbind(Self.disk, from: "sd"))
    #expect(record.verb == .unbind)
    #expect(record.object == "0:0:0:0")
    #expect(try Directory("/proc").linkName("thread-self") == "\(record.pid)")
    #expect(record.errno == 0)
    #expect(before <= record.start)
    #expect(try record.start <= #require(record.end))
    #expect(try #require(record.end) <= MonotonicClock.now())
    #expect(try tree.text("bus/scsi/drivers/sd/unbind") == "0:0:0:0")
  }

  @Test func `a verb whose file is not there says ENOENT and makes none`() throws {
    tree.bus("scsi").driver("sd", hasBindFiles: false)
    let sysfs = try tree.sysfs
    let record = sysfs.perform(.bind(Self.disk, to: "sd"))
    #expect(record.errno == ENOENT)
    #expect(!record.succeeded)
    #expect(record.end != nil)
    #expect(!sysfs.root.exists("bus/scsi/drivers/sd/bind"))
  }

  /// A device that answers every write with ENOSPC stands for a kernel that refuses.
  @Test func `a verb that is refused says the errno of the write`() throws {
    tree.bus("scsi").driver("sd", hasBindFiles: false)
    unsafe symlink("/dev/full", "\(tree.path)/bus/scsi/drivers/sd/bind")
    #expect(try tree.sysfs.perform(.bind(Self.disk, to: "sd")).errno == ENOSPC)
  }

  @Test func `only some devices have an override`() throws {
    tree.bus("pci").device("0000:00:04.0", hasDriverOverride: true).device("0000:00:05.0")
    let sysfs = try tree.sysfs
    #expect(try sysfs.devices(bus: "pci").map(sysfs.hasDriverOverride) == [true, false])
  }
}
