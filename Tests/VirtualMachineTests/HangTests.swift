import Testing

extension VirtualMachine.Surroundings {
  /// A verb that does not return is a verdict; bindrace itself returns.
  @Suite(.serialized) struct HangTests {
    let hang = Guest.host("hang")

    @Test(
      "A probe that holds the device's lock too long is a hang, and is put back when it has ended",
      arguments: Kernel.oneOfAll)
    func hang(_ kernel: Kernel) async throws {
      let report = try await hang.report(on: kernel)
      let step = try report.step("hang")
      let result = try step.result
      #expect(step.status == 1, "\(step.error)")
      #expect(result.conclusion == "fail")
      #expect(result.verdicts == ["hang": 1])
      #expect(result.findings.map(\.verdict) == ["hang"])
      #expect(result.findings.first?.text.hasPrefix("bind of 0:0:0:0 ") == true)
      let writer = try #require(result.findings.first?.writer)
      #expect(writer.command == "bindrace-race")
      #expect(writer.function != nil)
      #expect(writer.stack.contains("really_probe"), "\(writer.stack)")
      #expect(result.host.restored)
      #expect(try report.step("driver").output.hasSuffix("/sd\n"))
      let rest = try report.step("unbind-afterwards").seconds
      #expect(rest < 5, "or bindrace said that the device was back while it was still probed")
      #expect(step.seconds + rest > 0.8 * Double(Size.held))
    }

    @Test(
      "The bus of a device that hangs is left alone, and what is on another goes on",
      arguments: Kernel.oneOfAll)
    func others(_ kernel: Kernel) async throws {
      let report = try await hang.report(on: kernel)
      let step = try report.step("others")
      let result = try step.result
      #expect(step.status == 1, "\(step.error)")
      #expect(result.patterns.map(\.cycles) == [1, 0, 3])
      #expect(result.patterns[0].verdicts == ["hang": 1])
      #expect(
        result.patterns[1].skipReason
          == "the bus platform is in quarantine: bind of bindrace_fixture.0 hung")
      #expect(result.patterns[2].verdicts == ["clean": 3])
      #expect(result.host.restored)
      let changes = try report.changes(from: "before", to: "after")
      #expect(changes == [])
    }

    @Test(
      "Asynchronous work of others that does not end makes a run inconclusive, not endless",
      arguments: Kernel.oneOfAll)
    func stuck(_ kernel: Kernel) async throws {
      let step = try await hang.report(on: kernel).step("stuck")
      let result = try step.result
      #expect(step.status == 3, "\(step.error)")
      #expect(result.verdicts == ["inconclusive": 1])
      #expect(result.host.restored)
      #expect(step.seconds < 45)
    }

    @Test(
      "A bind whose writer the kernel ends is a hang at once, beside the kernel's report",
      .enabled(if: Size.isFull), arguments: Kernel.oneOfAll)
    func damaged(_ kernel: Kernel) async throws {
      let step = try await hang.report(on: kernel).step("damaged")
      let result = try step.result
      #expect(step.status == 5, "\(step.error)")
      let texts = result.findings.map(\.text)
      #expect(result.findings.first?.verdict == "hang")
      #expect(
        texts.first?.hasSuffix(" does not return: the kernel ended who wrote it.") == true,
        "\(texts)")
      #expect(result.findings.map(\.verdict) == ["hang", "kernel-warning"], "\(texts)")
      #expect(
        texts.last?.hasPrefix(
          "The kernel warned before the race of platform/bindrace_fixture.2: kernel BUG at ")
          == true, "\(texts)")
    }

    @Test(
      "Where it lasts longer than bindrace waits, what is left to do is said, and restore does it",
      .enabled(if: Size.isFull), arguments: Kernel.oneOfAll)
    func endless(_ kernel: Kernel) async throws {
      let report = try await hang.report(on: kernel)
      let step = try report.step("endless")
      #expect(step.status == 5, "\(step.error)")
      #expect(try step.result.host.restored == false)
      #expect(step.error.contains("not put back: module ts_fsm was not loaded"))
      let restore = try report.step("endless-restore")
      #expect(restore.status == 0, "\(restore.output)\(restore.error)")
      try report.expectSame("before-endless", "after-endless")
    }
  }
}
