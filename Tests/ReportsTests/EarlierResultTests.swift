import Evidence
import Testing

@testable import Reports

/// What was written as a result is read again; what is none says why.
@Suite struct EarlierResultTests {
  private func read(_ text: String) throws(EarlierResult.Problem) -> EarlierResult {
    try EarlierResult(Array(text.utf8))
  }

  private func problem(_ text: String) -> String? {
    let problem = #expect(throws: EarlierResult.Problem.self) { try read(text) }
    return problem?.description
  }

  /// A result with one pattern, one of whose values is another.
  private func document(_ key: String, _ value: String) -> String {
    let values = [
      "id": "\"A1\"", "name": "\"hotplug-async\"", "target": "\"scsi/0:0:0:0\"",
      "driver": "\"sd\"", "widen": "\"cpu\"", "cycles": "2",
    ].merging([key: value]) { $1 }.filter { !$0.value.isEmpty }
    let pattern = values.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
    return #"{"schema": 1, "seed": 7, "patterns": [{\#(pattern)}], "findings": []}"#
  }

  @Test("A result is read as it was written")
  func roundTrip() throws {
    var result = Samples.failing(late: 187, kept: 3)
    result.seed = .max
    result.patterns[0].provider = "scsi_debug"
    result.patterns[0].delays = [[1500, 0], [3, 7]]
    let earlier = try read(try JSONReport(result).text())
    #expect(earlier.seed == .max)
    #expect(
      earlier.entries == [
        EarlierResult.Entry(
          id: "A1", name: "hotplug-async", target: "scsi/0:0:0:0", driver: "sd", widen: "cpu",
          provider: "scsi_debug", cycles: 500, lastFinding: 3, delays: [[1500, 0], [3, 7]])
      ])
  }

  @Test("A finding belongs to the race of its device, or else to the only one there is")
  func lastFinding() throws {
    var result = Samples.blank()
    result.patterns = [
      Samples.hotplug(cycles: 9, hits: 0, [:]),
      Samples.hotplug(cycles: 9, hits: 0, [:], target: "scsi/0:0:0:1"),
    ]
    result.findings = [
      Samples.lateAttach(cycle: 2, after: 1),
      Samples.lateAttach(cycle: 5, after: 1, device: "scsi/0:0:0:1"),
    ]
    #expect(try read(JSONReport(result).text()).entries.map(\.lastFinding) == [2, 5])
    result.patterns = [Samples.hotplug(cycles: 4, hits: 0, [:])]
    result.findings[1].pattern = "hotplug-async"
    #expect(try read(JSONReport(result).text()).entries.map(\.lastFinding) == [4])
    result.findings = result.findings.map {
      var finding = $0
      finding.pattern = "A9"
      return finding
    }
    #expect(try read(JSONReport(result).text()).entries.map(\.lastFinding) == [nil])
  }

  @Test("What is no result says what it is not")
  func noResult() throws {
    #expect(problem("") == "is not JSON")
    #expect(problem("{\"schema\": 1") == "is not JSON")
    #expect(problem("[1]") == "is no result of bindrace stress: it is no JSON object")
    #expect(problem("{}") == "is no JSON result: it has no schema")
    #expect(problem("{\"schema\": 2}") == "has schema 2, what can be read is 1")
    #expect(
      problem("{\"schema\": \"1\"}")
        == "is no result of bindrace stress: its schema is something else")
    #expect(problem("{\"schema\": 1}") == "is no result of bindrace stress: it has no seed")
    #expect(
      problem("{\"schema\": 1, \"dry_run\": true}") == "is the plan of a dry run, not a result")
    var blank = Samples.blank()
    blank.patterns = [Samples.skipped]
    #expect(problem(try JSONReport(blank).text()) == "has no cycles: nothing had run")
  }

  @Test(
    "What is wrong in a result is named with its place",
    arguments: [
      ("target", "", "is no result of bindrace stress: it has no patterns[0].target"),
      (
        "cycles", "\"2\"",
        "is no result of bindrace stress: its patterns[0].cycles is something else"
      ),
      (
        "cycles", "null",
        "is no result of bindrace stress: its patterns[0].cycles is something else"
      ),
      ("cycles", "-1", "has -1 cycles in patterns[0]"),
      ("delays", "[[1], [2], [3]]", "has more delays than cycles in patterns[0]"),
      ("delays", "[[1, -2]]", "has a delay that is not from 0 to 60 s in patterns[0]"),
      ("delays", "[[60000000001]]", "has a delay that is not from 0 to 60 s in patterns[0]"),
      (
        "delays", "[[1, \"2\"]]",
        "is no result of bindrace stress: its patterns[0].delays[0][1] is something else"
      ),
      (
        "delays", "[[1e30]]",
        "is no result of bindrace stress: a number is out of range"
      ),
    ])
  func wrongValue(_ key: String, _ value: String, _ expected: String) {
    #expect(problem(document(key, value)) == expected)
  }

  @Test("A finding before the first cycle is none")
  func findingBefore() throws {
    var result = Samples.failing(late: 1, kept: 1)
    result.findings[0].cycle = 0
    #expect(problem(try JSONReport(result).text()) == "has a finding in cycle 0")
  }

  @Test("A result without delays, of before there were any, is read")
  func old() throws {
    let earlier = try read(document("id", "\"A1\""))
    #expect(earlier.entries.map(\.delays) == [[]] && earlier.entries.map(\.provider) == [nil])
    #expect(earlier.entries.map(\.cycles) == [2])
  }
}
