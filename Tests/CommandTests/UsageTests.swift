import Testing

@testable import bindrace

/// Wrong usage: exit status 2, nothing on standard output, one line that names what is wrong and
/// what would be right.
@Suite struct UsageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var line: String

    init(_ arguments: String, _ line: String) {
      self.init(arguments.split(separator: " ").map(String.init), line)
    }

    init(_ arguments: [String], _ line: String) {
      self.arguments = arguments
      self.line = line
    }

    var testDescription: String { (["bindrace"] + arguments).joined(separator: " ") }
  }

  static let commands = "devices, patterns, doctor, stress, watch, daemon, report or restore"
  static let duration = "is not a duration above zero and up to a year, such as 60s, 5m or 500ms"
  static let size = "is not a size from 1 to 1G, such as 65536, 512K or 16M"
  static let replayed = "--replay is given as well, which repeats what is recorded"
  static let movable =
    "hang, kernel-warning, late-async-attach, late-deferred-attach, late-attach, false-success,"
    + " wrong-detach, override-bypassed, autoprobe-bypassed, attach-after-remove,"
  static let canFail =
    "a verdict that can fail: \(movable) inconclusive, attach-after-refusal, foreign-attach,"
    + " collateral"
  static let canBeNoted =
    "a verdict that can be a note: \(movable) attach-after-refusal, foreign-attach, collateral"
  static let pattern = PatternName.problem
  static let listed = "is not BUS/NAME, a path of /sys or /dev, or driver:BUS/DRIVER"
  static let target =
    "write BUS/NAME (scsi/0:0:0:0), a path below /sys or /dev, driver:BUS/DRIVER or provider:NAME"

  static let general: [Case] = [
    Case("", "a command is missing: \(commands) (bindrace --help)"),
    Case("frobnicate", "'frobnicate' is not a command: \(commands) (bindrace --help)"),
    Case("__racers", "'__racers' is not a command: \(commands) (bindrace --help)"),
    Case("--frobnicate", "--frobnicate: no such option (bindrace --help)"),
    Case("devices foo", "'foo' is an argument too many (bindrace devices --help)"),
    Case(
      "devices --jsno",
      "--jsno: no such option; did you mean '--json'?"
        + " (bindrace devices --help)"),
    Case("devices --bus", "--bus: a value is missing, as in --bus <BUS> (bindrace devices --help)"),
    Case(
      "patterns A1 --jsno",
      "--jsno: no such option; did you mean '--json'? (bindrace patterns --help)"),
    Case("restore --frobnicate", "--frobnicate: no such option (bindrace restore --help)"),
  ]

  static let report: [Case] = [
    Case("--since", "--since: a value is missing, as in --since <TIME>"),
    Case(
      "--since soon",
      "--since: 'soon' is not a time, such as \"2026-11-27 12:00:00\", -5min, -1h, today, yesterday"
        + " or @1795774405"),
    Case("--since now --until -1h", "--until: it is before --since"),
    Case("--run xyz", "--run: 'xyz' is not the beginning of a run's id, such as 04273c9e"),
    Case("--device sda", "--device: 'sda' is not BUS/NAME, such as scsi/0:0:0:0"),
    Case(
      "--verdict clean",
      "--verdict: 'clean' is not a verdict that is written to the journal: \(movable) inconclusive,"
        + " attach-after-refusal, foreign-attach, collateral"),
    Case("--format xml", "--format: 'xml' is not one of text, json"),
    Case("--follow --output x", "--output: --follow is given as well, which has no end"),
    Case("--follow --until now", "--until: --follow is given as well, which has no end"),
  ]

  @Test("A wrong value of report is named", arguments: report)
  func wrongReport(_ example: Case) async throws {
    let ended = try await Binary.run(["report"] + example.arguments)
    #expect(
      ended
        == Ended(
          status: 2, output: "", error: "bindrace: \(example.line) (bindrace report --help)\n"))
  }

  @Test("A wrong command or option is named", arguments: general)
  func wrongCommand(_ example: Case) async throws {
    let ended = try await Binary.run(example.arguments)
    #expect(ended == Ended(status: 2, output: "", error: "bindrace: \(example.line)\n"))
  }

  static let stress: [Case] = [
    Case("--frobnicate", "--frobnicate: no such option"),
    Case("--cycle 3", "--cycle: no such option; did you mean '--cycles'?"),
    Case("--cycles", "--cycles: a value is missing, as in --cycles <N>"),
    Case("--cycles -3", "--cycles: '-3' is not a positive number"),
    Case("--cycles=0", "--cycles: '0' is not a positive number"),
    Case("--cycles +3", "--cycles: '+3' is not a positive number"),
    Case(["--cycles", "a\nb\u{1b}c"], "--cycles: 'a\\nb\\u{1B}c' is not a positive number"),
    Case("--duration abc", "--duration: 'abc' \(duration)"),
    Case("--duration -5s", "--duration: '-5s' \(duration)"),
    Case("--duration 0", "--duration: '0' \(duration)"),
    Case("--duration 5d", "--duration: '5d' \(duration)"),
    Case("--duration 1.2.3s", "--duration: '1.2.3s' \(duration)"),
    Case("--duration 999999999h", "--duration: '999999999h' \(duration)"),
    Case("--window 0.0ms", "--window: '0.0ms' \(duration)"),
    Case("--deadline 1e3", "--deadline: '1e3' \(duration)"),
    Case("--cycles 3 --duration 5", "--duration: --cycles is given as well, only one can be"),
    Case("--widen foo", "--widen: 'foo' is not one of auto, none, cpu, saturate, lock, add"),
    Case("--evidence x", "--evidence: 'x' is not one of auto, trace, uevent, sysfs"),
    Case("--format xml", "--format: 'xml' is not one of text, json"),
    Case("--seed -1", "--seed: '-1' is not a number from 0 to 18446744073709551615"),
    Case("--uevent-buffer 2G", "--uevent-buffer: '2G' \(size)"),
    Case("--uevent-buffer 9M9", "--uevent-buffer: '9M9' \(size)"),
    Case("sda", "TARGET: 'sda': \(target)"),
    Case("scsi/..", "TARGET: 'scsi/..': \(target)"),
    Case(
      "/etc/sda",
      "TARGET: '/etc/sda': a path must lie below /sys or /dev, such as"
        + " /sys/bus/scsi/devices/0:0:0:0 or /dev/sda"),
    Case("driver:sd", "TARGET: 'driver:sd': write driver:BUS/DRIVER, such as driver:scsi/sd"),
    Case(
      "--allow-in-use driver:scsi/sd",
      "--allow-in-use: 'driver:scsi/sd' is not one device: BUS/NAME or a path of /sys or /dev"),
    Case(
      "--allow-in-use x",
      "--allow-in-use: 'x' is not one device: BUS/NAME or a path of /sys or /dev"),
    Case("--deny", "--deny: a value is missing, as in --deny <TARGET,...>"),
    Case("--deny sda", "--deny: 'sda' \(listed)"),
    Case("--deny provider:scsi_debug", "--deny: 'provider:scsi_debug' \(listed)"),
    Case("--allow /etc/sda", "--allow: '/etc/sda' \(listed)"),
    Case(
      "--allow scsi/0:0:0:0,provider:x",
      "--allow: 'scsi/0:0:0:0,provider:x' has 'provider:x', which \(listed)"),
    Case("--pattern A1,B9", "--pattern: 'A1,B9' has 'B9', which \(pattern)"),
    Case("--pattern A1,", "--pattern: 'A1,' has '', which \(pattern)"),
    Case("--allow provider:uhid", "--allow: 'provider:uhid' \(listed)"),
    Case("--fail-on", "--fail-on: a value is missing, as in --fail-on <V,...>"),
    Case("--fail-on late", "--fail-on: 'late' is not \(canFail)"),
    Case("--fail-on clean", "--fail-on: 'clean' is not \(canFail)"),
    Case(
      "--fail-on collateral,missed",
      "--fail-on: 'collateral,missed' has 'missed', which is not \(canFail)"),
    Case("--fail-on hang,", "--fail-on: 'hang,' has '', which is not \(canFail)"),
    Case("--note inconclusive", "--note: 'inconclusive' is not \(canBeNoted)"),
    Case("--note -1", "--note: '-1' is not \(canBeNoted)"),
    Case(
      "--note late-attach,hang --fail-on hang --note collateral",
      "--note: 'hang' is given to --fail-on as well, it can only be one"),
    Case("--replay", "--replay: a value is missing, as in --replay <RESULT.json>"),
    Case("--replay /nonexistent", "--replay: open /nonexistent: No such file or directory"),
    Case("--replay /proc", "--replay: read /proc: Is a directory"),
    Case("--replay /dev/null", "--replay: '/dev/null' is not JSON"),
    Case("--replay r --cycles 3", "--cycles: \(replayed)"),
    Case("--duration 3 --replay r", "--duration: \(replayed)"),
    Case("--replay r --seed 0", "--seed: \(replayed)"),
    Case("--bisect=1", "the option '--bisect' does not take any value, but '1' was specified"),
    Case("--quiet=1", "the option '--quiet' does not take any value, but '1' was specified"),
  ]

  @Test("A wrong argument of stress is named, with what would be right", arguments: stress)
  func wrongArgument(_ example: Case) async throws {
    let ended = try await Binary.run(["stress", "--dry-run"] + example.arguments)
    #expect(
      ended
        == Ended(
          status: 2, output: "", error: "bindrace: \(example.line) (bindrace stress --help)\n"))
  }

  static let accepted = [
    "--window 1.5s --deadline 2h --duration 90", "--duration 500ms", "--duration 8760h",
    "--uevent-buffer 1G", "--uevent-buffer 65536", "--seed 18446744073709551615",
    "--widen saturate --evidence uevent --format json", "--pattern all --pattern controls",
    "--widen lock", "--widen add", "--pattern A1,unbind-rebind --pattern controls,B2",
    "--fail-on attach-after-refusal,inconclusive --note late-attach",
    "--note hang --note late-attach,collateral --fail-on foreign-attach", "--replay result.json",
    "--allow-in-use scsi/0:0:0:0 --allow-in-use /sys/devices/x",
    "--deny scsi/0:0:0:0,pci/x,/sys/devices/a,b --allow-in-use /dev/sda,/dev/sdb",
    "--deny scsi/0:0:0:0 --deny driver:scsi/sd --deny /sys/class/net/eth0 --allow driver:pci/nvme",
    "scsi/0:0:0:0 driver:scsi/sd provider:scsi_debug /sys/devices/x",
  ]

  @Test("What is right is taken: the wrong option at the end is what is named", arguments: accepted)
  func rightArguments(_ options: String) async throws {
    let arguments = options.split(separator: " ").map(String.init)
    let ended = try await Binary.run(["stress", "--dry-run"] + arguments + ["--frobnicate"])
    #expect(
      ended.error == "bindrace: --frobnicate: no such option (bindrace stress --help)\n")
  }

  static let wrongHere: [Case] = [
    Case("/dev/none/x", "TARGET: '/dev/none/x': no such node of a device"),
    Case("scsi/x,/dev/none", "TARGET: '/dev/none': no such node of a device"),
    Case("--allow-in-use /dev/none", "--allow-in-use: '/dev/none': no such node of a device"),
    Case(
      "--allow-in-use /sys/bus",
      "--allow-in-use: '/sys/bus': no device of a bus, nor below one; `bindrace devices` lists what"
        + " is there"),
    Case(
      "--deny nobus/x --deny /sys/class/nothing --deny /sys/bus",
      "--deny: '/sys/bus': no device, such as one of /sys/class/net or /sys/bus/pci/devices"),
    Case(
      "--allow /sys/kernel",
      "--allow: '/sys/kernel': no device, such as one of /sys/class/net or /sys/bus/pci/devices"),
  ]

  @Test("An option that names what can be no device is named", arguments: wrongHere)
  func noDevice(_ example: Case) async throws {
    let ended = try await Binary.run(["stress", "--dry-run"] + example.arguments)
    #expect(ended == Ended(status: 2, output: "", error: "bindrace: \(example.line)\n"))
  }

  @Test("What is denied need not be there")
  func deniedLater() async throws {
    let ended = try await Binary.run([
      "stress", "--dry-run", "--quiet", "--deny", "nobus/x", "--deny", "/sys/class/net/none9",
      "--deny", "driver:nobus/none",
    ])
    #expect(ended.status == 0 && ended.error.isEmpty)
  }
}
