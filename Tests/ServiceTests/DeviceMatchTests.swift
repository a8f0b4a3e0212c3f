import DriverModel
import Testing

@testable import Service

/// What is raced is what matches and is not denied; nothing else is.
@Suite struct DeviceMatchTests {
  private func match(_ match: [String], deny: [String] = []) throws -> DeviceMatch {
    DeviceMatch(
      match: try match.map { try DeviceGlob($0) }, deny: try deny.map { try DeviceGlob($0) })
  }

  private let disk = "/devices/pci0/0:4/host0/0:0:0:0"

  private func answer(_ devices: DeviceMatch, driver: String? = "sd") -> DeviceMatch.Answer {
    devices.answer(bus: "scsi", name: "0:0:0:0", driver: driver, devpath: disk)
  }

  @Test(arguments: [
    "scsi/0:0:0:0", "scsi/*", "scsi/0:?:0:[0-3]", "s[!p]si/*", "*/0:0:0:0", "driver:scsi/sd",
    "driver:*/s?", "/sys/devices/pci0/0:4/host0/0:0:0:0", "/sys/devices/*/*/host*/0:*",
    "/sys/bus/scsi/devices/0:0:0:0", "/sys/bus/s*/devices/*", #"scsi/0\:0:0:0"#,
  ])
  func `a device matches`(_ text: String) throws {
    #expect(answer(try match([text])) == .yes)
    #expect(answer(try match(["pci/x", text])) == .yes)
    #expect(try match(["pci/x", text]).canMatch(bus: "scsi"))
    let glob = try DeviceGlob(text)
    #expect(answer(try match(["*/*"], deny: [text])) == .denied(glob))
  }

  @Test(arguments: [
    "scsi/0:0:0:1", "pci/*", "scsi/0:0:0", "driver:scsi/sr", "driver:pci/sd", "SCSI/*",
    "/sys/devices/pci0/0:4/host0", "/sys/devices/pci0/0:4/host0/0:0:0:0/block",
    "/sys/devices/*/*/0:0:0:0",
    "/sys/bus/pci/devices/0:0:0:0",
  ])
  func `a device does not match`(_ text: String) throws {
    #expect(answer(try match([text])) == .no)
  }

  @Test func `a bus that nothing names needs no look`() throws {
    #expect(try !match(["scsi/*", "driver:s*/sd"]).canMatch(bus: "pci"))
    #expect(try match(["scsi/*", "/sys/devices/pci0/0:4"]).canMatch(bus: "pci"))
  }

  @Test func `without anything to match nothing is raced`() throws {
    #expect(answer(try match([])) == .no)
    #expect(
      !Configuration().daemon.devices.matches(
        bus: "scsi", name: "a", driver: nil, devpath: "/devices/a"))
  }

  @Test(arguments: [
    "/sys/devices/pci0/0:4", "/sys/devices/pci*/*", "/sys/devices/pci0/0:4/host0/0:0:0:0/block/sda",
  ])
  func `a path denies all above and below it`(_ text: String) throws {
    let glob = try DeviceGlob(text)
    #expect(answer(try match(["scsi/*"], deny: [text])) == .denied(glob))
  }

  @Test func `a path beside it denies nothing`() throws {
    #expect(
      answer(
        try match(["scsi/*"], deny: ["/sys/devices/pci0/0:5", "/sys/devices/pci0/0:4/host1/x"]))
        == .yes)
  }

  @Test func `a device without a driver could become one that matches`() throws {
    let devices = try match(["driver:scsi/sd", "driver:*/s[tr]", "driver:pci/nvme"])
    #expect(answer(devices, driver: nil) == .withDriver(["sd", "s[tr]"]))
    #expect(answer(devices, driver: "ses") == .no)
    #expect(!devices.matches(bus: "scsi", name: "0:0:0:0", driver: nil, devpath: disk))
    #expect(devices.drivers(bus: "pci") == ["s[tr]", "nvme"])
    #expect(answer(try match(["driver:pci/nvme"]), driver: nil) == .no)
    #expect(answer(try match(["driver:scsi/sd", "scsi/*"]), driver: nil) == .yes)
    let glob = try DeviceGlob("scsi/0:*")
    #expect(answer(try match(["driver:scsi/sd"], deny: ["scsi/0:*"]), driver: nil) == .denied(glob))
  }

  @Test func `drivers are told by their names`() throws {
    let devices = try match(["driver:scsi/s?", "pci/*"], deny: ["driver:scsi/sr"])
    #expect(devices.matches(driver: "sd", bus: "scsi"))
    #expect(!devices.matches(driver: "sr", bus: "scsi"))
    #expect(!devices.matches(driver: "sd", bus: "pci"))
  }

  @Test func `what is denied is handed on as targets`() throws {
    let devices = try match(
      [], deny: ["scsi/7:0:0:0", "driver:pci/nvme", "scsi/0:*", "driver:*/sd", "/sys/devices/a/b"])
    let here = [
      Device(bus: "scsi", name: "0:0:0:0", devpath: disk),
      Device(bus: "scsi", name: "1:0:0:0", devpath: "/devices/x", driver: "sd"),
      Device(bus: "scsi", name: "2:0:0:0", devpath: "/devices/y"),
    ]
    #expect(
      devices.denied(among: here).map(\.description) == [
        "scsi/7:0:0:0", "driver:pci/nvme", "scsi/0:0:0:0", "scsi/1:0:0:0", "/sys/devices/a/b",
      ])
  }

  @Test(
    arguments: [
      ("", "write BUS/NAME"), ("sda", "write BUS/NAME"), ("scsi/", "write BUS/NAME"),
      ("a/b/c", "write BUS/NAME"), ("scsi/..", "write BUS/NAME"),
      ("driver:sd", "write driver:BUS/DRIVER"), ("driver:scsi/", "write driver:BUS/DRIVER"),
      ("drivers:scsi/sd", "'drivers:scsi' is no bus; the prefix is driver:"),
      ("provider:scsi_debug", "are raced by `bindrace stress`"),
      ("/dev/sda", "below /sys/devices"), ("/sys/class/net/eth0", "that it leads to (readlink -f)"),
      ("/sys/devices", "below /sys/devices"), ("/sys/devices/a/../b", "below /sys/devices"),
      ("/sys/bus/scsi/devices/..", "below /sys/devices"),
      ("scsi/[a", "the [ has no ] behind it"), ("scsi/[]", "the [ has no ] behind it"),
      ("scsi/a\\", "the backslash has nothing behind it"), ("scsi/a\u{7f}", "control characters"),
      ("scsi/" + String(repeating: "x", count: 1024), "longer than 1024 bytes"),
    ])
  func `a wrong one says what would be right`(text: String, hint: String) {
    let problem = #expect(throws: DeviceGlob.Problem.self) { try DeviceGlob(text) }
    #expect(problem?.description.contains(hint) == true, "\(problem?.description ?? "")")
  }

  @Test(arguments: ["scsi/[]]", "scsi/[!]]", "scsi/[^a]", "platform/a b", #"scsi/\[a"#, "scsi/]"])
  func `a right one is taken`(text: String) throws { _ = try DeviceGlob(text) }

  @Test(
    arguments: [
      ("a b\tc", ["a", "b", "c"]), (#"  "a b"  'c "d' "#, ["a b", #"c "d"#]), ("", []),
      (#"a\ b"#, [#"a\"#, "b"]), (#""""#, [""]), (#""a"#, nil), (#""a"b"#, nil), (#"a"b""#, nil),
    ] as [(String, [String]?)])
  func `a list is parted at white space outside of quotation marks`(text: String, words: [String]?)
  {
    #expect(text.words == words)
  }
}
