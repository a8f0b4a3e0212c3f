import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// One place answers whether something may be written now, and until when that holds.
@Suite struct GateTests {
  let use: MockUse
  private static let disk = Device(
    bus: "scsi", name: "0:0:0:0", devpath: "/devices/pci0/sda0", driver: "sd",
    modalias: "scsi:t-0x00")

  init() throws {
    use = try .withTwoDisks()
  }

  private func gate(
    signature: String? = nil, allowedInUse: [Target] = [],
    lists: DeviceLists = DeviceLists()
  ) throws -> Gate {
    let host = try use.host(signatures: { (_, _) throws(SystemError) in signature })
    return Gate(
      host, sys: try use.tree.directory("sys"), lists: lists,
      allowedInUse: DeviceLists(allow: allowedInUse))
  }

  private func reason(_ answer: Gate.Answer) -> String? {
    if case .closed(let reason) = answer { reason } else { nil }
  }

  @Test("what nobody uses may be written to, for a while from the begin of the look")
  func open() throws {
    var disk = Self.disk
    disk.devpath = "/devices/pci0/other"
    let before = MonotonicClock.now()
    guard case .open(let until) = try gate().ask(Gate.Question([(disk, [])])) else {
      Issue.record("closed")
      return
    }
    #expect(until - before >= Gate.validity.nanoseconds)
    #expect(until - MonotonicClock.now() <= Gate.validity.nanoseconds)
  }

  @Test("what is mounted, has something on it, or is below such, may not")
  func closed() throws {
    use.tree.remove("sys/class/block/sda1")
    use.tree.remove("sys/devices/pci0/sda0/block/sda/sda1")
    use.tree.file("sys/class/block/sda/dev", "8:0\n")
    use.tree.file("sys/class/block/sda/size", "100\n")
    let question = Gate.Question([(Self.disk, [])])
    #expect(reason(try gate().ask(question)) == nil)
    #expect(
      reason(try gate(signature: "ext4").ask(question))
        == "in use: has a signature (ext4 on sda)")
    use.mount("8:0", on: "/data", from: "/dev/sda")
    #expect(reason(try gate().ask(question)) == "in use: holds /data (sda mounted)")
  }

  @Test("a disk that has no driver yet may hold anything, unless it was read when it had one")
  func unknownContents() throws {
    var disk = Self.disk
    disk.devpath = "/devices/pci0/other"
    let gate = try gate()
    disk.driver = nil
    #expect(
      reason(gate.ask(Gate.Question([(disk, [])])))
        == "may be in use: it has no driver, so that nobody can tell what is on it")
    disk.driver = "sd"
    #expect(reason(gate.ask(Gate.Question([(disk, [])]))) == nil)
    // The race itself takes its driver.
    disk.driver = nil
    #expect(reason(gate.ask(Gate.Question([(disk, [])]))) == nil)
  }

  @Test(
    "what cannot hold data needs no driver for that",
    arguments: [
      ("platform", "platform:pcspkr", true), ("scsi", "scsi:t-0x05", true),
      ("scsi", "scsi:t-0x00", false), ("scsi", "scsi:t-0x07", false),
      ("scsi", "scsi:t-0x0e", false), ("scsi", "scsi:t-0x14", false),
      ("virtio", "virtio:d00000004v00001AF4", true),
      ("virtio", "virtio:d00000002v00001AF4", false),
      ("virtio", "virtio:d00000008v00001AF4", false),
      ("pci", "pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02", false),
      ("pci", "pci:v00008086d0000100Esv00001AF4sd00001100bc02sc00i00", true),
      ("usb", "usb:v46F4p0001d0000dc00dsc00dp00ic08isc06ip50in00", false),
      ("mmc", "mmc:block", false),
    ])
  func kinds(example: (bus: String, modalias: String, isOpen: Bool)) throws {
    let device = Device(
      bus: example.bus, name: "x", devpath: "/devices/pci0/other", modalias: example.modalias)
    #expect((reason(try gate().ask(Gate.Question([(device, [])]))) == nil) == example.isOpen)
  }

  @Test("what is denied stays shut, whoever made it and whatever is allowed")
  func denied() throws {
    var disk = Self.disk
    disk.devpath = "/devices/pci0/other"
    let target = Target.device(bus: "scsi", name: "0:0:0:0")
    let gate = try gate(allowedInUse: [target], lists: DeviceLists(deny: [target]))
    let words = "is on the deny list (scsi/0:0:0:0)"
    #expect(reason(gate.ask(Gate.Question([(disk, [])]))) == words)
    #expect(
      reason(gate.ask(Gate.Question([], made: [(disk, [])], madeByRun: [disk.devpath]))) == words)
    let byDriver = try self.gate(lists: DeviceLists(deny: [.driver(bus: "scsi", name: "sd")]))
    disk.driver = nil
    #expect(
      reason(byDriver.ask(Gate.Question([(disk, ["scsi/sd"])])))
        == "is on the deny list (driver:scsi/sd)")
  }

  @Test("an allow list leaves the rest alone, but for what the run made")
  func allowed() throws {
    var disk = Self.disk
    disk.devpath = "/devices/pci0/other"
    let gate = try gate(lists: DeviceLists(allow: [.device(bus: "scsi", name: "9:9:9:9")]))
    #expect(
      reason(gate.ask(Gate.Question([(disk, [])]))) == "scsi/0:0:0:0 is not on the allow list")
    #expect(
      reason(gate.ask(Gate.Question([], made: [(disk, [])], madeByRun: [disk.devpath]))) == nil)
  }

  @Test("what is in use is written to only where it was named for that, exactly")
  func allowedInUse() throws {
    use.mount("8:0", on: "/data", from: "/dev/sda")
    let question = Gate.Question([(Self.disk, [])])
    let named = try gate(allowedInUse: [.device(bus: "scsi", name: "0:0:0:0")])
    #expect(reason(named.ask(question)) == nil)
    let other = try gate(allowedInUse: [.device(bus: "scsi", name: "1:0:0:0")])
    #expect(reason(other.ask(question)) == "in use: holds /data (sda mounted)")
  }

  @Test("what the run made and somebody else uses is shut as well")
  func madeAndUsed() throws {
    use.mount("8:0", on: "/data", from: "/dev/sda")
    let question = Gate.Question(
      [], made: [(Self.disk, [])], madeByRun: [Self.disk.devpath])
    #expect(reason(try gate().ask(question)) == "in use: holds /data (sda mounted)")
  }

  /// The first disk can be read; while that goes on, somebody mounts it.
  private func mountedWhileRead(
    _ read: @escaping @Sendable () throws(SystemError) -> String?
  ) throws -> Gate {
    use.tree.remove("sys/class/block/sda1")
    use.tree.remove("sys/devices/pci0/sda0/block/sda/sda1")
    use.tree.file("sys/class/block/sda/dev", "8:0\n")
    use.tree.file("sys/class/block/sda/size", "100\n")
    let use = use
    let host = try use.host(signatures: { (_, _) throws(SystemError) in
      use.mount("8:0", on: "/data", from: "/dev/sda")
      return try read()
    })
    return Gate(host, sys: try use.tree.directory("sys"))
  }

  @Test("a disk that takes long to read is no reason to trust an old look")
  func slowDisk() throws {
    let gate = try mountedWhileRead { () throws(SystemError) in
      usleep(30_000)
      return nil
    }
    #expect(
      reason(gate.ask(Gate.Question([(Self.disk, [])]))) == "in use: holds /data (sda mounted)")
  }

  @Test("a disk that is claimed since the look names who has it now")
  func claimedMeanwhile() throws {
    let gate = try mountedWhileRead { () throws(SystemError) in
      throw SystemError("read", "/dev/sda", EBUSY)
    }
    #expect(
      reason(gate.ask(Gate.Question([(Self.disk, [])]))) == "in use: holds /data (sda mounted)")
  }
}
