import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// Who has a disk open is found by its number, and udevd is given the time that its workers have.
@Suite(.enabled(if: geteuid() == 0, "a node of a disk is made, and not opened"))
struct OpenersTests {
  let mock = MockHost()

  /// A disk below a device of the module "m", and others'.
  init() {
    mock.addModule("m", driver: "one")
    for (name, number) in [("d0", 16), ("d1", 32)] {
      mock.addDevice(name, driver: name == "d0" ? "one" : "two")
      mock.tree.make("sys/devices/\(name)/block/\(name)disk/holders")
      mock.tree.file("sys/devices/\(name)/block/\(name)disk/dev", "8:\(number)\n")
      mock.tree.link(
        "sys/class/block/\(name)disk", to: "../../devices/\(name)/block/\(name)disk")
      mock.tree.link("sys/dev/block/8:\(number)", to: "../../devices/\(name)/block/\(name)disk")
      unsafe mknod("\(mock.tree.path)/\(name)", S_IFBLK | 0o600, dev_t(8 << 8 | number))
    }
    mock.tree.file("run/udev/control", "")
  }

  private func process(_ pid: Int, _ command: String, below parent: Int, opens node: String?) {
    let rest = String(repeating: " 0", count: 17)
    mock.tree.file("proc/\(pid)/stat", "\(pid) (\(command)) S \(parent)\(rest) 5000 0\n")
    mock.tree.file("proc/\(pid)/status", "Uid:\t0\t0\t0\t0\n")
    mock.tree.make("proc/\(pid)/fd")
    if let node { mock.tree.link("proc/\(pid)/fd/3", to: "\(mock.tree.path)/\(node)") }
  }

  private func openers() throws -> [String] {
    try mock.host.openers(below: ["/devices/d0"]).map(\.description)
  }

  @Test func whoHasItOpenIsNamedAndNobodyElse() throws {
    process(200, "dd", below: 1, opens: "d0")
    process(201, "cat", below: 1, opens: "d1")
    process(202, "sh", below: 1, opens: nil)
    #expect(try openers() == ["d0disk is open in dd (pid 200)"])
    #expect(try mock.host.openers(below: ["/devices/d"]) == [], "the name of another device")
  }

  @Test func whatUdevdRunsIsToldApart() throws {
    process(90, "systemd-udevd", below: 1, opens: nil)
    process(91, "(udev-worker)", below: 90, opens: "d0")
    process(92, "sleep", below: 91, opens: "d0")
    #expect(
      try openers() == [
        "d0disk is open in (udev-worker) (pid 91)",
        "d0disk is open in sleep (pid 92), which udevd runs",
      ])
    #expect(try mock.host.openers(below: ["/devices/d0"]).map(\.isOfUdevd) == [true, true])
  }

  /// How long the module stayed.
  private func unload() throws -> Int64 {
    let begin = MonotonicClock.now()
    _ = try ModuleLoadedChange("m", maker: "m").undo(on: try mock.host)
    #expect(mock.done == ["unload m"])
    return MonotonicClock.now() - begin
  }

  @Test func aModuleIsNotUnloadedWhileUdevdHasADiskOfItOpen() throws {
    process(90, "systemd-udevd", below: 1, opens: nil)
    process(91, "(udev-worker)", below: 90, opens: "d0")
    #expect(try unload() >= 100_000_000)
  }

  @Test func aDiskOfAnotherDeviceIsNoReasonToWait() throws {
    process(90, "systemd-udevd", below: 1, opens: nil)
    process(91, "(udev-worker)", below: 90, opens: "d1")
    #expect(try unload() < 100_000_000)
  }

  /// The disk is one of scsi_debug, whose driver names no module.
  private func makeSCSIHost(_ module: String) {
    mock.tree.remove("sys/module/m/drivers")
    mock.tree.make("sys/devices/d0/host6/scsi_host/host6")
    mock.tree.link("sys/class/scsi_host/host6", to: "../../devices/d0/host6/scsi_host/host6")
    mock.tree.link("sys/devices/d0/host6/scsi_host/host6/device", to: "../../../host6")
    mock.tree.file("sys/devices/d0/host6/scsi_host/host6/proc_name", "\(module)\n")
    mock.tree.make("sys/devices/d0/host6/block/sdx/holders")
    mock.tree.file("sys/devices/d0/host6/block/sdx/dev", "8:16\n")
    mock.tree.link("sys/class/block/sdx", to: "../../devices/d0/host6/block/sdx")
    mock.tree.link("sys/dev/block/8:16", to: "../../devices/d0/host6/block/sdx")
    mock.tree.remove("sys/class/block/d0disk")
  }

  @Test func theDisksOfAModuleWithoutDriversAreThoseOfItsHosts() throws {
    makeSCSIHost("m")
    process(90, "systemd-udevd", below: 1, opens: nil)
    process(91, "(udev-worker)", below: 90, opens: "d0")
    #expect(try unload() >= 100_000_000)
  }

  @Test func thoseOfAnotherModuleAreNot() throws {
    makeSCSIHost("n")
    process(90, "systemd-udevd", below: 1, opens: nil)
    process(91, "(udev-worker)", below: 90, opens: "d0")
    #expect(try unload() < 100_000_000)
  }

  private func hold(_ uuid: String) {
    mock.tree.link("sys/devices/d0/host6/block/sdx/holders/dm-0", to: "../x")
    mock.tree.file("sys/devices/virtual/block/dm-0/dm/uuid", "\(uuid)\n")
    mock.tree.link("sys/class/block/dm-0", to: "../../devices/virtual/block/dm-0")
    mock.tree.file("sys/devices/d0/host6/block/sdx/device/delete", "")
  }

  @Test func aDiskThatMultipathTookIsTakenFromIt() throws {
    makeSCSIHost("m")
    hold("mpath-1Linux")
    let delete = "write sys/class/block/sdx/device/delete 1"
    mock.when(delete) { $0.tree.remove("sys/class/block/sdx") }
    _ = try ModuleLoadedChange("m", maker: "m").undo(on: try mock.host)
    #expect(mock.done == [delete, "unload m"])
  }

  @Test func whoElseHoldsOneIsNamedAndKeepsIt() throws {
    makeSCSIHost("m")
    hold("LVM-x")
    let error = #expect(throws: SystemError.self) {
      try ModuleLoadedChange("m", maker: "m").undo(on: try mock.host)
    }
    #expect(
      error?.reason.hasSuffix("has a holder: sdx is held by dm-0") == true,
      "\(String(describing: error))")
    #expect(mock.done == [])
  }

  @Test func whatLetsGoWhenUdevdTellsItIsUnloadedThen() throws {
    makeSCSIHost("m")
    mock.tree.file("run/udev/control", "")
    let (stands, goesOn) = (
      "udev queue run/udev/control stands", "udev queue run/udev/control runs"
    )
    mock.fail("unload m", EBUSY)
    try mock.leave(.moduleLoaded(ModuleLoadedChange("m", maker: "m")))
    #expect(try mock.restoreAfterCrash().isRestored)
    #expect(mock.done == [stands, "unload m", goesOn, stands, "unload m", goesOn])
  }
}
