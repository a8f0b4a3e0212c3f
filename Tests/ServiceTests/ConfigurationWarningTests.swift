import DriverModel
import TemporaryFolder
import Testing

@testable import Service

/// What is right as it is written and will not happen is said by the check.
@Suite struct ConfigurationWarningTests {
  private func warnings(_ text: String) -> [String] {
    let (configuration, faults) = read(text)
    #expect(faults.isEmpty)
    return configuration.warnings.map(\.description)
  }

  @Test(
    "each names its line",
    arguments: [
      ("[Daemon]\nMode=race\n", "f:2: Mode='race': Match= is empty, so nothing is raced"),
      (
        "[Daemon]\nMatch=scsi/*\nMode=race\nMatch=\n",
        "f:3: Mode='race': Match= is empty, so nothing is raced"
      ),
      ("[Daemon]\n\nMatch=scsi/*", "f:3: Match='scsi/*': Mode= is watch, so nothing is raced"),
      (
        "[Watch]\nTrace=no",
        "f:2: Trace='no': Mode= is watch, and without a trace nothing that comes back is told"
      ),
      (
        "[Daemon]\nMode=race\nMatch=pci/x scsi/*\nDeny=scsi/*",
        "f:3: Match='pci/x scsi/*': 'scsi/*' is denied by Deny=, which wins"
      ),
    ])
  func warned(text: String, line: String) {
    #expect(warnings(text) == [line])
  }

  @Test(
    "what does what it says has none",
    arguments: ["", "[Daemon]\nMode=watch", "[Daemon]\nMode=race\nMatch=scsi/*\nDeny=scsi/0:*"])
  func silent(text: String) {
    #expect(warnings(text).isEmpty)
  }

  // MARK: - On a host

  private let folder = TemporaryFolder()

  init() {
    for file in ["bind", "unbind"] { folder.file("sys/bus/scsi/drivers/sd/\(file)", "") }
    folder.file("sys/bus/scsi/drivers/sr/bind", "")
    folder.file("sys/devices/host0/0:0:0:0/uevent", "")
    folder.link("sys/devices/host0/0:0:0:0/driver", to: "../../../bus/scsi/drivers/sd")
    folder.link("sys/bus/scsi/devices/0:0:0:0", to: "../../../devices/host0/0:0:0:0")
    folder.link("sys/bus/scsi/drivers/sd/0:0:0:0", to: "../../../../devices/host0/0:0:0:0")
  }

  private func unmatched(_ daemon: String, _ race: String = "") throws -> [String] {
    let (configuration, faults) = read("[Daemon]\n\(daemon)\n[Race]\n\(race)")
    #expect(faults.isEmpty)
    let sysfs = Sysfs(root: try folder.directory("sys"), modinfo: "/nonexistent")
    return configuration.unmatched(in: sysfs)
  }

  @Test(
    "what Match= names and is not here is told with the nearest that is",
    arguments: [
      ("driver:scsi/sdd", "the bus 'scsi' has no driver 'sdd'; did you mean driver:scsi/sd?"),
      ("driver:scsi/sr", "the driver has no devices now"),
      ("scsi/9:9:9:9", "the bus 'scsi' has no device '9:9:9:9'; there are 0:0:0:0"),
      ("scsy/*", "no device matches it now"),
      ("/sys/devices/host1/*", "no device matches it now"),
    ])
  func absent(match: String, problem: String) throws {
    #expect(
      try unmatched("Mode=race\nMatch=\(match)")
        == ["Match='\(match)': \(problem): nothing is raced by it before that changes"])
    #expect(
      try unmatched("Mode=race\nMatch=\(match)", "OnAdd=no")
        == ["Match='\(match)': \(problem): nothing is raced by it"])
    #expect(try unmatched("Mode=watch\nMatch=\(match)").isEmpty)
  }

  @Test("what is denied altogether is told, and what is raced is not")
  func denied() throws {
    #expect(
      try unmatched("Mode=race\nMatch=driver:scsi/sd\nDeny=/sys/devices/host0") == [
        "Match='driver:scsi/sd': all that it matches now is denied, as by Deny='/sys/devices/host0'"
      ])
    #expect(try unmatched("Mode=race\nMatch=scsi/* driver:scsi/s? /sys/devices/*/*").isEmpty)
  }
}
