import Testing

extension VirtualMachine.Races {
  /// The control: nothing races, so nothing comes late, whatever else goes on in the host.
  @Suite(.serialized) struct RebindTests {
    let rebinds = Guest.raced("rebinds")

    @Test("Undisturbed, every cycle is clean and nothing is lost", arguments: Kernel.raced)
    func alone(_ kernel: Kernel) async throws {
      let step = try await rebinds.report(on: kernel).step("alone")
      let result = try step.result
      #expect(step.status == 0, "\(step.error)")
      #expect(result.conclusion == "pass")
      #expect(result.verdicts == ["clean": Size.rebinds])
      #expect(result.findings.isEmpty)
      let evidence = result.evidence
      #expect(evidence.ueventsLost == 0 && evidence.traceLost == 0 && evidence.probesMissed == 0)
      #expect(evidence.kmsgLost == 0)
    }

    @Test("By uevents alone it is never a pass", arguments: Kernel.raced)
    func uevents(_ kernel: Kernel) async throws {
      let step = try await rebinds.report(on: kernel).step("by-uevents")
      #expect(step.status == 3)
      #expect(try step.result.conclusion == "inconclusive")
    }

    @Test(
      "A process that binds behind bindrace's back is named, and nothing is called late",
      // Where a bind does not wait for the lock, nobody gets in between.
      arguments: Kernel.raced.filter(\.waitsInBind))
    func foreign(_ kernel: Kernel) async throws {
      let report = try await rebinds.report(on: kernel)
      let result = try report.step("foreign").result
      #expect(result.late == [])
      #expect(result.verdicts["foreign-attach", default: 0] > 0, "\(result.verdicts)")
      let pid = Int(try #require(report.step("binder-pid").lines.first))
      let foreign = result.findings.filter { $0.verdict == "foreign-attach" }
      #expect(!foreign.isEmpty)
      #expect(foreign.allSatisfy { $0.attach?.command == "sh" && $0.attach?.pid == pid })
    }

    @Test(
      "Events of another network namespace are not seen, and not lost",
      arguments: Kernel.raced)
    func otherNamespace(_ kernel: Kernel) async throws {
      let step = try await rebinds.report(on: kernel).step("other-namespace")
      let result = try step.result
      #expect(step.status == 0, "\(step.error)")
      #expect(result.conclusion == "pass")
      #expect(result.verdicts == ["clean": 10])
      #expect(result.evidence.ueventsUnseen > 0, "or there were no such events")
      #expect(result.evidence.ueventsLost == 0)
    }
  }
}
