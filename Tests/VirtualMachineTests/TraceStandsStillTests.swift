import Testing

extension VirtualMachine.Races {
  /// Whatever others do to the trace: it is told, and what was not seen is no pass.
  @Suite(.serialized) struct TraceStandsStillTests {
    let guest = Guest(
      script: "trace-stands-still", packages: ["util-linux"], timeout: Size.isFull ? 2400 : 1200)

    /// What can be done to the trace, and how bindrace names it.
    struct Blindness: Sendable, CustomTestStringConvertible {
      var step: String
      var words: String
      var testDescription: String { step }
    }

    static let standing: [Blindness] = [
      Blindness(step: "ftrace-off", words: "kernel.ftrace_enabled is 0"),
      Blindness(step: "kprobes-off", words: "kprobes/enabled is 0"),
    ]

    static let taken: [Blindness] = [
      Blindness(step: "events", words: "the probes were switched off by somebody else"),
      Blindness(step: "recording", words: "recording was switched off by somebody else"),
      Blindness(step: "probes", words: "the probes were taken away by somebody else"),
      Blindness(
        step: "stacks", words: "the stacks of the probes were switched off by somebody else"),
      Blindness(step: "one", words: "the probes were switched off by somebody else"),
      Blindness(step: "filtered", words: "the probes were given a filter by somebody else"),
      Blindness(
        step: "confined", words: "the recording was confined to other processes by somebody else"),
      Blindness(step: "emptied", words: "the recording was emptied by somebody else"),
      Blindness(step: "read", words: "the recording is read by somebody else"),
    ]

    @Test("With nothing in the way there is a pass, and a late attach", arguments: Kernel.oneOfAll)
    func whole(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let control = try report.step("whole")
      #expect(control.status == 0, "or the rest proves nothing: \(control.error)")
      try expectCatches(report.step("whole-catches"))
    }

    @Test(
      "Where probes do not fire, doctor and the run say why, and nothing passes",
      arguments: Kernel.oneOfAll, standing)
    func before(_ kernel: Kernel, _ blindness: Blindness) async throws {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("\(blindness.step)-is").lines == ["0"])
      let doctor = try report.step("\(blindness.step)-doctor")
      let line = doctor.lines.first { $0.contains("kprobes") }
      #expect(line?.contains(blindness.words) == true, "\(doctor.output)")

      let control = try report.step(blindness.step)
      let result = try control.result
      #expect(control.status == 3)
      #expect(result.conclusion == "inconclusive")
      #expect(result.evidence.level != "trace")
      #expect(result.verdicts["clean"] == nil, "\(result.verdicts)")
      #expect((control.error + (result.reason ?? "")).contains(blindness.words), "\(control.error)")

      let catches = try report.step("\(blindness.step)-catches").result
      #expect(catches.evidence.level != "trace")
      #expect(catches.conclusion != "pass")
      #expect(catches.findings.allSatisfy { $0.attach?.function == nil })
    }

    @Test(
      "What is taken away in mid-run is lost evidence, and is made anew",
      arguments: Kernel.oneOfAll, taken)
    func midst(_ kernel: Kernel, _ blindness: Blindness) async throws {
      let report = try await guest.report(on: kernel)
      let done = try report.step("\(blindness.step)-done")
      try #require(done.status == 0, "\(done.error)")
      let at = try report.step("\(blindness.step)-at")
      try #require(try at.number("cycle") < 12, "the run was over")

      let step = try report.step(blindness.step)
      let result = try step.result
      #expect(step.status == 3, "\(step.error)")
      #expect(result.conclusion == "inconclusive")
      let counts = result.verdicts
      let blind = counts["inconclusive", default: 0]
      // It can fall between two cycles: then none of them rests on it, and the run has lost it all the same.
      #expect((0...1).contains(blind), "\(counts)")
      #expect(result.evidence.traceStopped > 0)
      #expect(counts["clean", default: 0] + blind == 12, "\(counts)")
      #expect(
        counts["clean", default: 0] > 12 - (try at.number("cycle")), "\(counts), \(at.output)")
      #expect(step.error.contains(blindness.words), "\(step.error)")
    }

    @Test("Nothing is left of all that", arguments: Kernel.oneOfAll)
    func left(_ kernel: Kernel) async throws {
      try await guest.report(on: kernel).expectSame("before", "after")
    }

    @Test("The kernel warns of nothing", arguments: Kernel.oneOfAll)
    func warnings(_ kernel: Kernel) async throws {
      #expect(try await guest.report(on: kernel).step("warnings").output == "")
    }

    @Test(
      "A watch says within 15 s that it is blind, and sees again what comes back",
      arguments: Kernel.oneOfAll, ["reset", "off"])
    func watch(_ kernel: Kernel, _ name: String) async throws {
      let report = try await guest.report(on: kernel)
      let output = try report.step("watch").output
      #expect(try report.step("first-found").status == 0, "or the rest proves nothing: \(output)")
      for step in ["done", "told", "recovered", "found"] {
        let step = try report.step("\(name)-\(step)")
        #expect(step.status == 0, "\(name)-\(step): \(step.error)\(output)")
      }
      // It can look between the two steps of a reset.
      let words =
        name == "reset"
        ? [
          "the probes were taken away by somebody else", "the probes were switched off by",
          "the stacks of the probes were switched off by",
        ]
        : ["kprobes do not fire: kernel.ftrace_enabled is 0"]
      #expect(words.contains { output.contains("LOST the trace stood still: \($0)") }, "\(output)")
    }

    @Test("While ftrace is off no probe is made anew", arguments: Kernel.oneOfAll)
    func untouched(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("off-waits").status == 0)
      let before = try report.step("off-before").lines
      #expect(before.count == 1)
      #expect(try report.step("off-after").lines == before)
    }

    @Test("Options that a new instance inherits change no verdict", arguments: Kernel.oneOfAll)
    func options(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let found = try report.step("options-found").output.split(whereSeparator: \.isWhitespace)
      #expect(found.count >= 7, "\(found)")
      for option in ["all"] + (Size.isFull ? found : []) {
        try expectCatches(report.step("options-\(option)"))
      }
    }

    @Test(
      "A module with a function of a name that is probed takes no evidence away",
      arguments: Kernel.oneOfAll)
    func twin(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let there = try report.step("twin-there").lines
      try #require(there.count { $0.hasSuffix("[bindrace_twin]") } == 1 && there.count == 2)
      let control = try report.step("twin")
      #expect(control.status == 0, "\(control.error)")
      #expect(try control.result.evidence.level == "trace")
      try expectCatches(report.step("twin-catches"))
    }

    /// Late asynchronous attaches, proved by a trace of which nothing is lost.
    private func expectCatches(
      _ step: Step, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let result = try step.result
      #expect(step.status == 1, "\(step.error)", sourceLocation: sourceLocation)
      #expect(result.evidence.level == "trace", sourceLocation: sourceLocation)
      #expect(
        result.evidence.traceLost == 0 && result.evidence.probesMissed == 0,
        sourceLocation: sourceLocation)
      #expect(
        Set(result.verdicts.keys).isSubset(of: ["late-async-attach", "missed"]),
        "\(result.verdicts)", sourceLocation: sourceLocation)
      let functions = Set(result.findings.map { $0.attach?.function })
      #expect(functions == ["__device_attach_async_helper"], sourceLocation: sourceLocation)
    }
  }
}
