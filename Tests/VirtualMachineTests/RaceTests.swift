import Testing

extension VirtualMachine.Races {
  /// Each race reaches its order nearly every time, and the kernel's own trace says what came of it.
  @Suite(.serialized) struct RaceTests {
    let races = Guest.raced("races")

    @Test("hotplug-async: a disk's own probe puts the driver back", arguments: Kernel.raced)
    func hotplug(_ kernel: Kernel) async throws {
      let step = try await races.report(on: kernel).step("hotplug-async")
      let result = try step.result
      #expect(step.status == 1)
      try expectLateAttaches(result, by: "__device_attach_async_helper", atLeast: Size.hits)
      #expect(result.patterns.first?.hits == result.verdicts["late-async-attach"])
      #expect(result.patterns.first?.cycles == Size.cycles)
      #expect(result.host.restored)
    }

    @Test(
      "driver-load-async: the driver's load puts a device back", arguments: Kernel.raced)
    func driverLoad(_ kernel: Kernel) async throws {
      let step = try await races.report(on: kernel).step("driver-load-async")
      let result = try step.result
      #expect(step.status == 1)
      #expect(result.patterns.first?.target == "platform/pcspkr")
      #expect(result.patterns.first?.cycles == 10)
      try expectLateAttaches(result, by: "__driver_attach_async_helper", atLeast: 8)
      #expect(result.host.restored)
    }

    @Test(
      "refused-unbind: ENODEV, and then the driver is there: by design, so it passes",
      arguments: Kernel.raced)
    func refusedUnbind(_ kernel: Kernel) async throws {
      let step = try await races.report(on: kernel).step("refused-unbind")
      let result = try step.result
      #expect(step.status == 0, "\(step.error)")
      #expect(result.conclusion == "pass")
      #expect(result.verdicts["attach-after-refusal", default: 0] >= Size.hits)
    }

    @Test(
      "uevents alone show that it came back, and fail nobody: a bystander may have bound it",
      arguments: Kernel.raced)
    func uevents(_ kernel: Kernel) async throws {
      let step = try await races.report(on: kernel).step("hotplug-by-uevents")
      let result = try step.result
      #expect(step.status == 3)
      #expect(result.evidence.level == "uevent")
      #expect(result.findings.count == 5)
      for finding in result.findings {
        #expect(finding.verdict == "inconclusive" && finding.evidence == "uevent")
        #expect(finding.text.contains("came back after a successful unbind"))
        let attach = try #require(finding.attach)
        #expect(attach.function == nil && attach.command == nil && attach.stack.isEmpty)
        let unbind = try #require(finding.seqnum.unbind)
        #expect(try #require(finding.seqnum.bind) > unbind)
      }
    }

    @Test(
      "driver-load-async among 700 slow disks: the tail waits, and comes late",
      .enabled(if: Size.isFull, "it takes minutes; BINDRACE_FULL=1 runs it"),
      arguments: Kernel.raced)
    func saturated(_ kernel: Kernel) async throws {
      let guest = Guest(script: "saturated", timeout: 1800)
      let step = try await guest.report(on: kernel).step("driver-load-async")
      #expect(step.status == 1)
      try expectLateAttaches(step.result, by: "__driver_attach_async_helper", atLeast: 1)
    }

    /// Every finding is a late asynchronous attach with all that proves it.
    private func expectLateAttaches(
      _ result: RaceResult, by helper: String, atLeast count: Int,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      #expect(result.conclusion == "fail", sourceLocation: sourceLocation)
      #expect(result.evidence.level == "trace", sourceLocation: sourceLocation)
      #expect(
        result.verdicts["late-async-attach", default: 0] >= count, "\(result.verdicts)",
        sourceLocation: sourceLocation)
      #expect(
        result.findings.count == result.verdicts["late-async-attach"],
        sourceLocation: sourceLocation)
      for finding in result.findings {
        #expect(finding.verdict == "late-async-attach", sourceLocation: sourceLocation)
        let attach = try #require(finding.attach, sourceLocation: sourceLocation)
        #expect(attach.function == helper, sourceLocation: sourceLocation)
        #expect(attach.stack.first == "driver_bound", sourceLocation: sourceLocation)
        #expect(attach.stack.contains(helper), sourceLocation: sourceLocation)
        #expect(
          attach.command?.hasPrefix("kworker/") == true, sourceLocation: sourceLocation)
        #expect(try #require(attach.afterNs) > 0, sourceLocation: sourceLocation)
      }
    }
  }
}
