import Testing

extension VirtualMachine.Surroundings {
  /// What cannot or must not be raced is refused with one line that says why, and nothing is changed.
  @Suite(.serialized) struct RefusalTests {
    let refusals = Guest.host("refusals")

    struct Case: Sendable, CustomTestStringConvertible {
      var step: String
      var status: Int
      var words: [String]
      var testDescription: String { step }
    }

    static let wrongArguments = [
      Case(step: "unknown-pattern", status: 2, words: ["'hotplug-asink'", "hotplug-async"]),
      Case(step: "unknown-target", status: 2, words: ["'scsi/9:9:9:9'", "there are 0:0:0:0"]),
      Case(step: "unknown-widener", status: 2, words: ["'wider'", "auto, none, cpu, saturate"]),
      Case(step: "negative-cycles", status: 2, words: ["'-3'", "positive"]),
      Case(step: "unwritable-output", status: 2, words: ["/nonexistent/result"]),
    ]

    @Test(
      "A wrong argument is named on one line, with what would be right",
      arguments: Kernel.oneOfAll, wrongArguments)
    func wrongUsage(_ kernel: Kernel, _ example: Case) async throws {
      let step = try await refusals.report(on: kernel).step(example.step)
      #expect(step.status == example.status)
      #expect(step.output.isEmpty)
      #expect(step.error.split(separator: "\n").count == 1)
      for word in example.words { #expect(step.error.contains(word)) }
    }

    @Test("Without root nothing runs", arguments: Kernel.oneOfAll)
    func notRoot(_ kernel: Kernel) async throws {
      let step = try await refusals.report(on: kernel).step("not-root")
      #expect(step.status == 4)
      #expect(step.error.split(separator: "\n").count == 1 && step.error.contains("root"))
    }

    @Test("A driver without bind files is a skip that says so", arguments: Kernel.oneOfAll)
    func noBindFile(_ kernel: Kernel) async throws {
      let step = try await refusals.report(on: kernel).step("no-bind-file")
      #expect(step.status == 4)
      try expectSkip(step, because: "no bind and unbind files")
    }

    @Test("A disk with a mounted file system is a skip that says so", arguments: Kernel.oneOfAll)
    func mounted(_ kernel: Kernel) async throws {
      let step = try await refusals.report(on: kernel).step("mounted")
      #expect(step.status == 4)
      try expectSkip(step, because: "/mnt")
    }

    @Test("None of it touched the host", arguments: Kernel.oneOfAll)
    func untouched(_ kernel: Kernel) async throws {
      let report = try await refusals.report(on: kernel)
      let changes = try report.changes(from: "before", to: "after")
      #expect(changes == [])
    }

    private func expectSkip(
      _ step: Step, because reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let result = try step.result
      #expect(result.conclusion == "skip", sourceLocation: sourceLocation)
      #expect(!result.patterns.isEmpty, sourceLocation: sourceLocation)
      for pattern in result.patterns {
        #expect(pattern.status == "skip" && pattern.cycles == 0, sourceLocation: sourceLocation)
        #expect(pattern.skipReason?.contains(reason) == true, sourceLocation: sourceLocation)
      }
    }
  }
}
