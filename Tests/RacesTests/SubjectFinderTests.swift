import DriverModel
import Evidence
import HostSafety
import TemporaryFolder
import Testing

@testable import Races

/// Which driver is raced on a device, and what may be loaded for it.
@Suite struct SubjectFinderTests {
  private let folder = TemporaryFolder()
  private let device = Device(
    bus: "pci", name: "0:1", devpath: "/devices/0:1", modalias: "pci:v1")

  init() {
    folder.file("proc/sys/kernel/random/boot_id", "boot-1\n")
    folder.file("proc/self/stat", "1 (a) S 1" + String(repeating: " 0", count: 17) + " 5000 0\n")
    folder.make("sys/module")
    folder.make("sys/devices/0:1")
    folder.link("sys/bus/pci/devices/0:1", to: "../../../devices/0:1")
  }

  /// A modprobe(8) that knows an alias, and what it would run for each module by `-D` and by `-b -D`.
  private func modprobe(_ alias: String, _ depends: [String: String]) -> Modprobe {
    let cases = depends.map { "'\($0)') printf '\($1)' ;;" }.joined(separator: "\n")
    folder.file(
      "modprobe",
      """
      #!/bin/sh
      case "$*" in
      '-R pci:v1') printf '\(alias)' ;;
      \(cases)
      *) exit 1 ;;
      esac
      """, mode: 0o755)
    return Modprobe(command: "\(folder.path)/modprobe", limit: .seconds(30))
  }

  private func addDriver(_ name: String, module: String?, isLoaded: Bool = true) {
    for file in ["bind", "unbind"] { folder.file("sys/bus/pci/drivers/\(name)/\(file)", "") }
    guard let module else { return }
    folder.link("sys/bus/pci/drivers/\(name)/module", to: "../../../../module/\(module)")
    folder.make("sys/module/\(module)/drivers/pci:\(name)")
    if isLoaded { folder.file("sys/module/\(module)/initstate", "live\n") }
  }

  private var sysfs: Sysfs { get throws { Sysfs(root: try folder.directory("sys")) } }

  /// Why the device is not raced; nil where it is.
  private func reason(_ modprobe: Modprobe) throws -> String? {
    let ledger = try Ledger(
      run: "run-1", folder: "\(folder.path)/ledger", proc: folder.directory("proc"))
    defer { folder.remove("ledger") }
    let finder = SubjectFinder(sysfs: try sysfs, modprobe: modprobe)
    do {
      _ = try finder.subject(device, ledger: ledger, deadline: .seconds(5))
      return nil
    } catch RunStop.skip(let reason) {
      #expect(ledger.open.isEmpty)
      return reason
    }
  }

  // No module of these names can be loaded, whatever a fault does.
  private let one = "bindrace_no_one"
  private let two = "bindrace_no_two"

  @Test("what the administrator keeps out is not loaded to give a device its driver, and named")
  func keptOut() throws {
    let blacklisted = modprobe(one, ["-D -b \(one)": ""])
    #expect(
      try reason(blacklisted)
        == "no driver is bound to pci/0:1, and module \(one) is blacklisted"
        + " (modprobe.d(5), modprobe.blacklist=)")
    let replaced = modprobe(one, ["-D -b \(one)": #"insmod /x/dep.ko \ninstall /bin/false \n"#])
    #expect(
      try reason(replaced)
        == "no driver is bound to pci/0:1, and module \(one) is kept out by modprobe.d(5),"
        + " which runs '/bin/false' instead")
    #expect(try SubjectFinderTests.isUnmatched(reason(modprobe("", [:]))))
  }

  private static func isUnmatched(_ reason: String?) -> Bool {
    reason == "no driver is bound to pci/0:1, and no module matches it"
  }

  @Test("a second module that matches is taken where the first is kept out, as udevd does")
  func second() throws {
    let modprobe = modprobe(
      #"\#(one)\n\#(two)\n"#,
      ["-D -b \(one)": "", "-D -b \(two)": #"insmod /x/two.ko \n"#, "-D \(two)": "insmod /x"])
    addDriver("two", module: two)
    #expect(try reason(modprobe) == nil)
    let subject = try SubjectFinder(sysfs: sysfs, modprobe: modprobe).foreseen(device)
    #expect(subject?.driver.name == "two" && subject?.driver.source == .module(two))
  }

  @Test("an install line that loads the module after all keeps nobody out")
  func installing() throws {
    let line = #"install echo hello; /sbin/modprobe --ignore-install \#(one) \n"#
    #expect(
      try modprobe(one, ["-D -b \(one)": line]).obstacle(toLoading: one) == nil)
  }

  @Test("what is loaded already is the administrator's own")
  func loaded() throws {
    addDriver("one", module: one)
    #expect(try reason(modprobe(one, ["-D -b \(one)": "", "-D \(one)": "insmod /x"])) == nil)
  }

  @Test("without a look at modprobe nothing of an unloaded driver is foreseen")
  func unforeseen() throws {
    let finder = SubjectFinder(
      sysfs: try sysfs, modprobe: modprobe(one, ["-D -b \(one)": "insmod /x"]))
    #expect(try finder.foreseen(device) == nil)
  }

  // MARK: - What neither comes nor goes

  /// Why the driver's module is not loaded again for a race.
  private func fixed(_ driver: String, _ modprobe: Modprobe) throws -> [String?] {
    var device = device
    device.driver = driver
    device.module = try sysfs.root.linkName("bus/pci/drivers/\(driver)/module")
    let subject = try #require(
      try SubjectFinder(sysfs: sysfs, modprobe: modprobe).foreseen(device))
    return [Pattern.driverLoadAsync, .unbindRebind].map {
      subject.obstacle(to: $0, hasOverride: false)
    }
  }

  @Test(
    "a module that others use, that cannot be loaded again, or is not told stays, and why is said")
  func stays() throws {
    let known = modprobe("", ["-D usb_storage": "insmod /x", "-D locked": "install /bin/true"])
    addDriver("usb-storage", module: "usb_storage")
    #expect(try fixed("usb-storage", known) == [nil, nil])
    folder.make("sys/module/usb_storage/holders/uas")
    let end = "and cannot be loaded again"
    #expect(
      try fixed("usb-storage", known) == ["module usb_storage is used by uas \(end)", nil])
    addDriver("locked", module: "locked")
    #expect(
      try fixed("locked", known) == [
        "module locked is kept out by modprobe.d(5), which runs '/bin/true' instead \(end)", nil,
      ])
    addDriver("gone", module: "gone")
    #expect(try fixed("gone", known) == ["module gone is not found by modprobe \(end)", nil])
    addDriver("mmcblk", module: nil)
    #expect(
      try fixed("mmcblk", known) == [
        "the driver mmcblk does not say which module it is of \(end)", nil,
      ])
    addDriver("built", module: "built", isLoaded: false)
    #expect(
      try fixed("built", known) == ["the driver built is part of the kernel \(end)", nil])
  }
}
