import Testing

extension VirtualMachine.Surroundings {
  /// Real events of many other devices: what was lost is said, to the number, and nothing else.
  @Suite(.serialized) struct StormTests {
    let storm = Guest.host("storm")

    /// The kernel numbers events of before and after the recording too: those of the run itself.
    private static let ownEvents = 100

    private func stormed(_ name: String, on kernel: Kernel) async throws -> Step {
      let report = try await storm.report(on: kernel)
      try #require(try report.step("\(name)-stormed").status == 0, "the run ended before the storm")
      let step = try report.step(name)
      let evidence = try step.result.evidence
      let numbered = try #require(Int(report.step("\(name)-events").lines[0]))
      let told = evidence.ueventsReceived + evidence.ueventsLost + evidence.ueventsUnseen
      #expect(numbered >= Size.storm, "or there was no storm")
      #expect((numbered - Self.ownEvents...numbered).contains(told), "\(told) of \(numbered)")
      return step
    }

    @Test(
      "With the default buffer nothing is lost, and every cycle is clean",
      arguments: Kernel.oneOfAll)
    func whole(_ kernel: Kernel) async throws {
      let step = try await stormed("whole", on: kernel)
      let result = try step.result
      #expect(step.status == 0, "\(step.error)")
      #expect(result.conclusion == "pass")
      #expect(Array(result.verdicts.keys) == ["clean"])
      #expect(result.evidence.ueventsLost == 0 && result.evidence.ueventsUnseen == 0)
    }

    @Test("With a buffer too small for it, it is no pass", arguments: Kernel.oneOfAll)
    func smallBuffer(_ kernel: Kernel) async throws {
      let step = try await stormed("small-buffer", on: kernel)
      let result = try step.result
      #expect(step.status == 3)
      #expect(result.conclusion == "inconclusive")
      #expect(result.evidence.ueventsLost > 0)
    }
  }
}
