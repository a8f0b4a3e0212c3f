import Testing

extension VirtualMachine {
  /// A verb that does not return is a verdict; bindrace itself returns.
  @Suite(.serialized) struct HangTests {
    let hang = Guest(script: "hang")

    @Test(
      "A probe that holds the device's lock too long is a hang, and is put back when it has ended",
      arguments: Kernel.allCases)
    func hang(_ kernel: Kernel) async throws {
      let report = try await hang.report(on: kernel)
      let step = try report.step("hang")
      let result = try step.result
      #expect(step.status == 1, "\(step.error)")
      #expect(result.conclusion == "fail")
      #expect(result.verdicts == ["hang": 1])
      #expect(result.findings.map(\.verdict) == ["hang"])
      #expect(result.findings.first?.text.hasPrefix("bind of 0:0:0:0 ") == true)
      #expect(result.host.restored)
      #expect(try report.step("driver").output.hasSuffix("/sd\n"))
      let rest = try report.step("unbind-afterwards").seconds
      #expect(rest < 5, "or bindrace said that the device was back while it was still probed")
      #expect(step.seconds + rest > 0.8 * Double(Size.held))
    }
  }
}
