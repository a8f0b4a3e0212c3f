import Testing

extension VirtualMachine.Surroundings {
  /// A proof and a pass on each kernel, also where not everything is raced every day.
  @Suite(.serialized) struct FirstCatchTests {
    let guest = Guest(script: "first")

    @Test("A late attach is proved, with the helper that made it", arguments: Kernel.others)
    func caught(_ kernel: Kernel) async throws {
      let step = try await guest.report(on: kernel).step("caught")
      let result = try step.result
      #expect(step.status == 1, "\(step.error)")
      #expect(result.evidence.level == "trace")
      let row = try result.row("hotplug-async")
      #expect(row.verdicts["late-async-attach", default: 0] >= 3, "\(row.verdicts)")
      #expect(row.hits == row.verdicts["late-async-attach"])
      for finding in result.findings(of: "hotplug-async") {
        #expect(finding.verdict == "late-async-attach")
        let attach = try #require(finding.attach)
        #expect(attach.function == "__device_attach_async_helper")
        #expect(attach.stack.first == "driver_bound")
        #expect(attach.stack.contains("__device_attach_async_helper"), "\(attach.stack)")
        #expect(attach.command?.hasPrefix("kworker/") == true)
        #expect(try #require(attach.afterNs) > 0)
      }
    }

    @Test(
      "A bus that is told not to probe by itself costs neither its race nor the next any evidence",
      arguments: Kernel.others)
    func setting(_ kernel: Kernel) async throws {
      let result = try await guest.report(on: kernel).step("caught").result
      #expect(result.evidence.traceStopped == 0)
      let race = try result.row("autoprobe-off")
      #expect(race.hits >= 1, "\(race.verdicts) \(result.doubts)")
      #expect(race.verdicts["inconclusive"] == nil, "\(result.doubts)")
      #expect(try result.row("unbind-rebind").verdicts == ["clean": 5], "\(result.doubts)")
    }

    @Test(
      "Where nothing races, and where a helper finds its device bound, there is a pass, of whole evidence",
      arguments: Kernel.others)
    func passed(_ kernel: Kernel) async throws {
      let step = try await guest.report(on: kernel).step("passed")
      let result = try step.result
      #expect(step.status == 0, "\(step.error)")
      #expect(result.conclusion == "pass")
      #expect(result.findings.isEmpty)
      #expect(try result.row("unbind-rebind").verdicts == ["clean": 5])
      let control = try result.row("helper-finds-bound")
      #expect(control.verdicts["clean", default: 0] >= 3, "\(control.verdicts)")
      let evidence = result.evidence
      #expect(evidence.level == "trace")
      #expect(evidence.ueventsLost == 0 && evidence.traceLost == 0 && evidence.probesMissed == 0)
      #expect(evidence.kmsgLost == 0)
    }

    @Test("A device of the host is raced, and put back", arguments: Kernel.others)
    func ofTheHost(_ kernel: Kernel) async throws {
      let step = try await guest.report(on: kernel).step("host")
      #expect(step.status == 0, "\(step.error)")
      #expect(try step.result.row("unbind-rebind").verdicts == ["clean": 5])
      #expect(try step.result.host.restored)
    }

    @Test("The host is as before", arguments: Kernel.others)
    func afterwards(_ kernel: Kernel) async throws {
      try await guest.report(on: kernel).expectSame("before", "after")
    }
  }
}
