import DriverModel
import Evidence
import TemporaryFolder

@testable import HostSafety

/// A host in a temporary folder whose devices can be put to use.
struct MockUse {
  let tree = TemporaryFolder()

  init() throws {
    tree.makeFirstProcess()
    for folder in ["sys", "dev", "etc"] { tree.make(folder) }
  }

  /// A host with the disks sda and sdb, and no other use.
  static func withTwoDisks() throws -> MockUse {
    let use = try MockUse()
    use.addDisk("sda")
    use.addDisk("sdb", number: 16)
    return use
  }

  var look: InUse { get throws { try host().look() } }

  /// - Parameter signatures: what the disk of a node holds.
  func host(
    network: Network = Network(),
    signatures: @escaping SignatureReader = { (_, _) throws(SystemError) in nil },
    units: @escaping UnitReader = { (_) throws(SystemError) in [] }
  ) throws -> Guard {
    Guard(
      sys: try tree.directory("sys"), proc: try tree.directory("proc"),
      dev: try tree.directory("dev"), etc: try tree.directory("etc"),
      udev: try tree.directory("udev"),
      readNetwork: { () throws(SystemError) in network }, readSignature: signatures,
      readUnits: units)
  }

  func reason(_ devpath: String) throws -> String? { try look.reason(devpath) }

  /// A disk below "/devices/pci0/NAME0" with one partition, NAME1.
  func addDisk(_ name: String, number: Int = 0) {
    let disk = "devices/pci0/\(name)0/block/\(name)"
    addBlock(name, disk, "8:\(number)")
    addBlock("\(name)1", "\(disk)/\(name)1", "8:\(number + 1)")
  }

  /// A block device without hardware below it.
  func addVirtual(_ name: String, _ number: String) {
    addBlock(name, "devices/virtual/block/\(name)", number)
  }

  func addBlock(_ name: String, _ path: String, _ number: String) {
    tree.make("sys/\(path)/holders")
    tree.link("sys/class/block/\(name)", to: "../../\(path)")
    tree.link("sys/dev/block/\(number)", to: "../../\(path)")
  }

  /// A device of a class, below "/devices/pci0/PARENT".
  func addClass(_ kind: String, _ name: String, parent: String) {
    let path = "devices/pci0/\(parent)/\(kind)/\(name)"
    tree.make("sys/\(path)")
    tree.link("sys/class/\(kind)/\(name)", to: "../../\(path)")
  }

  func mount(_ number: String, on point: String, _ type: String = "ext4", from source: String) {
    let old = tree.text("proc/1/mountinfo") ?? ""
    tree.file(
      "proc/1/mountinfo",
      old + "30 1 \(number) / \(point) rw,relatime shared:1 master:2 - \(type) \(source) rw\n")
  }

  /// A device on a bus, with a driver or none.
  /// - Parameter path: by default "/devices/pci0/NAME".
  func addDevice(_ name: String, bus: String, driver: String? = nil, at path: String? = nil) {
    let path = (path ?? "/devices/pci0/\(name)").dropFirst()
    tree.make("sys/\(path)")
    link("bus/\(bus)/devices/\(name)", to: "\(path)")
    link("\(path)/subsystem", to: "bus/\(bus)")
    tree.make("sys/bus/\(bus)/drivers/none")
    if let driver {
      link("bus/\(bus)/drivers/\(driver)/\(name)", to: "\(path)")
      link("\(path)/driver", to: "bus/\(bus)/drivers/\(driver)")
    }
  }

  /// What a file of sysfs says.
  func set(_ file: String, _ value: String) { tree.file("sys/\(file)", value + "\n") }

  /// A link of sysfs to something else there.
  func link(_ name: String, to target: String) {
    let up = name.split(separator: "/").dropLast().map { _ in "../" }.joined()
    tree.link("sys/\(name)", to: up + target)
  }

  /// A process that has the device open. /dev/full is 1:7, and a device like any other here.
  func opens(_ devpath: String) {
    tree.make("sys\(devpath)")
    link("dev/char/1:7", to: String(devpath.dropFirst()))
    addProcess(200, "user", opens: ["/dev/full"])
  }

  /// - Parameter terminal: the number of its controlling terminal, as the kernel packs it.
  func addProcess(
    _ pid: Int, _ command: String, parent: Int = 1, opens: [String] = [], terminal: Int = 0,
    user: Int = 0
  ) {
    tree.file(
      "proc/\(pid)/status", "Name:\t\(command)\nUid:" + String(repeating: "\t\(user)", count: 4))
    let rest =
      " S \(parent) 0 0 \(terminal)" + String(repeating: " 0", count: 14) + " 1 0\n"
    tree.file("proc/\(pid)/stat", "\(pid) (\(command))" + rest)
    tree.link("proc/\(pid)/ns/mnt", to: "mnt:[1]")
    tree.link("proc/\(pid)/root", to: "/")
    tree.make("proc/\(pid)/fd")
    for (number, node) in opens.enumerated() { tree.link("proc/\(pid)/fd/\(number)", to: node) }
  }
}
