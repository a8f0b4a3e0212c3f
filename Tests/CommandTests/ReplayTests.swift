import DriverModel
import Evidence
import Glibc
import Races
import Reports
import Testing

@testable import bindrace

/// What is raced again of an earlier result, and what is refused.
@Suite struct ReplayTests {
  /// A1 found something in cycles 2 and 3 of 5, A2 nothing, B1 was skipped.
  private static var earlier: RunResult {
    var result = RunResult(
      run: "r", seed: .max, kernelRelease: "6.12", kernelVersion: "#1", level: .trace)
    var found = PatternResult(
      id: "A1", name: "hotplug-async", target: "scsi/0:0:0:0", driver: "sd", widen: "cpu")
    found.cycles = 5
    found.provider = "scsi_debug"
    found.delays = [[1, 10], [2, 20], [3, 30], [4, 40], [5, 50]]
    var clean = PatternResult(
      id: "A2", name: "driver-load-async", target: "platform/pcspkr", driver: "pcspkr",
      widen: "none")
    clean.cycles = 4
    result.patterns = [
      found, clean,
      PatternResult(
        id: "B1", name: "unbind-rebind", target: "platform/pcspkr", driver: "", widen: "none",
        skipReason: "in use"),
    ]
    result.findings = [2, 3].map {
      Finding(
        verdict: .lateAsyncAttach, pattern: "hotplug-async", cycle: $0, evidence: .trace,
        device: "scsi/0:0:0:0", syspath: "/sys/x", driver: "sd", text: "It came back.")
    }
    return result
  }

  /// Reads a result that stands in a file.
  private func replay(
    _ text: String? = nil, patterns: [String] = [], targets: [String] = [],
    widen: RunOptions.Widen = .auto
  ) throws -> Replay {
    let text = try text ?? JSONReport(Self.earlier).text()
    var path = Array("/tmp/bindrace-replay-XXXXXX".utf8CString)
    let number = unsafe mkstemp(&path)
    let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      close(number)
      unsafe unlink(name)
    }
    try StandardStreams.write(text, to: number, object: name)
    do {
      return try Replay(
        name, patterns: patterns, targets: try targets.map { try Target($0) }, widen: widen)
    } catch let error as Failure {
      // The name is another one each time.
      throw Failure(error.status, error.text.split(separator: name).joined(separator: "FILE"))
    }
  }

  private func problem(_ body: () throws -> Replay) -> String? {
    let failure = #expect(throws: Failure.self) { try body() }
    #expect(failure?.status == .usage)
    return failure?.text
  }

  @Test("What found something is raced up to its last finding, with its delays")
  func upToTheLastFinding() throws {
    let replay = try replay()
    #expect(replay.seed == .max)
    let entry = try #require(replay.entries.first)
    #expect(replay.entries.count == 1)
    #expect(entry.pattern == .hotplugAsync && entry.target == .provider("scsi_debug"))
    #expect(entry.widen == .cpu && entry.cycles == 3)
    #expect(entry.delays == [[1, 10], [2, 20], [3, 30]])
    #expect(entry.delay(1, cycle: 3) == 30)
    #expect(entry.delay(2, cycle: 3) == nil && entry.delay(0, cycle: 4) == nil)
    #expect(entry.delay(0, cycle: 0) == nil)
  }

  @Test("Where nothing was found, all cycles are raced")
  func whole() throws {
    let entry = try #require(try replay(patterns: ["driver-load-async"]).entries.first)
    #expect(entry.cycles == 4 && entry.delays.isEmpty)
    #expect(entry.target == .device(bus: "platform", name: "pcspkr") && entry.widen == .none)
    var result = Self.earlier
    result.findings = []
    let replay = try replay(JSONReport(result).text())
    #expect(replay.entries.map(\.cycles) == [5, 4])
  }

  @Test(
    "Targets choose, however they are written",
    arguments: [
      ("scsi/0:0:0:0", "A1"), ("provider:scsi_debug", "A1"), ("driver:scsi/sd", "A1"),
      ("/sys/bus/platform/devices/pcspkr", "A2"), ("driver:platform/pcspkr", "A2"),
    ])
  func targets(_ target: String, _ id: String) throws {
    #expect(try replay(targets: [target]).entries.map(\.pattern.id) == [id])
  }

  @Test("A widener that is asked for overrides the recorded one")
  func widen() throws {
    #expect(try replay(widen: .one(.saturate)).entries.map(\.widen) == [.saturate])
  }

  @Test("What had not been raced cannot be chosen")
  func absent() {
    #expect(
      problem { try replay(patterns: ["A1", "B1"]) }
        == "--pattern: 'B1' had not run there: hotplug-async, driver-load-async"
        + " (bindrace stress --help)")
    #expect(
      problem { try replay(targets: ["scsi/0:0:0:1"]) }
        == "TARGET: 'scsi/0:0:0:1' had not been raced there: scsi/0:0:0:0, platform/pcspkr"
        + " (bindrace stress --help)")
  }

  @Test("What this bindrace does not know is named")
  func unknown() throws {
    func changed(_ change: (inout PatternResult) -> Void) throws -> String {
      var result = Self.earlier
      change(&result.patterns[0])
      return try JSONReport(result).text()
    }
    let cases: [(text: String, what: String)] = [
      (try changed { $0.id = "Z9" }, "pattern 'Z9', which is none of this bindrace"),
      (try changed { $0.widen = "wide" }, "widener 'wide', which is none of this bindrace"),
      (
        try changed {
          $0.target = "here"
          $0.provider = nil
        }, "target 'here', which is none"
      ),
    ]
    for (text, what) in cases {
      #expect(
        problem { try replay(text) }
          == "--replay: 'FILE' has a \(what) (bindrace stress --help)")
    }
  }

  @Test("The seed is that of the result, and a result that is none is one line")
  func command() async throws {
    let result = try JSONReport(Self.earlier).text()
    let line = "printf %s \"$1\" | \"$0\" stress --dry-run --replay /dev/stdin"
    let ended = try await Binary.shell(line, [result])
    #expect(ended.status == 0 && ended.error.isEmpty)
    #expect(ended.output.contains("seed \(UInt64.max)"))
    let wrong = try await Binary.shell(line, ["{\"schema\": 2}"])
    #expect(
      wrong
        == Ended(
          status: 2, output: "",
          error: "bindrace: --replay: '/dev/stdin' has schema 2, what can be read is 1"
            + " (bindrace stress --help)\n"))
  }
}
