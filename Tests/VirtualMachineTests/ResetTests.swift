import Testing

extension VirtualMachine.Races {
  /// A ledger that outlasts its boot changes nothing in the next one; one that cannot be written lets
  /// nothing be changed.
  @Suite(.serialized) struct ResetTests {
    let reset = Guest(script: "after-reset", resetBy: "reset")

    @Test(
      "The ledger of a machine that was reset in the midst of a race is there, and of another boot",
      arguments: Kernel.oneOfAll)
    func anotherBoot(_ kernel: Kernel) async throws {
      let report = try await reset.report(on: kernel)
      let run = try #require(report.step("left").lines.first)
      let list = try report.step("list")
      #expect(list.status == 0)
      #expect(list.lines.count > 3)
      #expect(list.lines.allSatisfy { $0.hasPrefix("\(run)  of another boot  ") }, "\(list.output)")
      #expect(list.output.contains("cpumask was \"3\""))
    }

    @Test("It is closed without a write", arguments: Kernel.oneOfAll)
    func closed(_ kernel: Kernel) async throws {
      let report = try await reset.report(on: kernel)
      let restore = try report.step("restore")
      #expect(restore.status == 0, "\(restore.error)")
      #expect(restore.lines.count > 3)
      #expect(restore.lines.allSatisfy { $0.hasSuffix(": of another boot") }, "\(restore.output)")
      #expect(try report.step("modules").output == "")
      #expect(try report.step("kept").output == "")
    }

    @Test("The next run races, and puts its host back", arguments: Kernel.oneOfAll)
    func again(_ kernel: Kernel) async throws {
      let report = try await reset.report(on: kernel)
      let again = try report.step("again")
      #expect(try again.result.patterns.map(\.cycles) == [3], "\(again.error)")
      try report.expectSame("before", "after")
    }

    @Test(
      "Where the ledger's disk is full, nothing is changed, at once or in the midst",
      arguments: Kernel.oneOfAll, [("full-at-once", 4), ("full-later", 3)])
    func full(_ kernel: Kernel, _ example: (name: String, status: Int)) async throws {
      let (name, status) = example
      let report = try await reset.report(on: kernel)
      let step = try report.step(name)
      #expect(step.status == status, "\(step.output)\(step.error)")
      #expect(step.error.contains("No space left on device"))
      try report.expectSame("full-before", "\(name)-after")
    }
  }
}
