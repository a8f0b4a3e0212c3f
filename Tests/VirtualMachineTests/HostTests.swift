import Testing

extension VirtualMachine.Surroundings {
  /// A host is as it was, however a run ended.
  @Suite(.serialized) struct HostTests {
    let host = Guest.host("host")

    @Test(
      "stress without arguments comes to a verdict on devices of its own",
      arguments: Kernel.oneOfAll)
    func alone(_ kernel: Kernel) async throws {
      let step = try await host.report(on: kernel).step("alone")
      let result = try step.result
      #expect(step.seconds < 90)
      #expect(step.status == 1 && result.conclusion == "fail", "\(step.error)")
      #expect(result.verdicts["late-async-attach", default: 0] > 0)
      #expect(result.patterns.allSatisfy { $0.hits > 0 }, "\(result.patterns)")
      #expect(result.host.restored)
    }

    @Test("After a run the host is as before", arguments: Kernel.oneOfAll)
    func afterwards(_ kernel: Kernel) async throws {
      let report = try await host.report(on: kernel)
      let changes = try report.changes(from: "before", to: "after")
      #expect(changes == [])
    }

    @Test(
      "A second bindrace at the same time names the first, and does nothing",
      arguments: Kernel.oneOfAll)
    func second(_ kernel: Kernel) async throws {
      let report = try await host.report(on: kernel)
      let second = try report.step("second")
      #expect(second.status == 4)
      #expect(try second.result.conclusion == "skip")
      let pid = try #require(report.step("first").lines.first)
      #expect(second.error.contains("process \(pid) (bindrace stress --format json)"))
    }

    @Test(
      "Killed in the middle of a race, restore puts the host back",
      arguments: Kernel.oneOfAll, ["hotplug-async", "driver-load-async"])
    func killed(_ kernel: Kernel, _ pattern: String) async throws {
      let report = try await host.report(on: kernel)
      #expect(
        try report.step("\(pattern)-narrowed").status == 0, "or it was not in the middle of a race")
      let restore = try report.step("\(pattern)-restore")
      #expect(restore.status == 0, "\(restore.output)\(restore.error)")
      let changes = try report.changes(from: "before", to: "\(pattern)-restored")
      #expect(changes == [])
    }

    @Test("The list names what a killed run left, and changes nothing", arguments: Kernel.oneOfAll)
    func listed(_ kernel: Kernel) async throws {
      let report = try await host.report(on: kernel)
      let list = try report.step("hotplug-async-list")
      #expect(list.status == 0)
      #expect(list.lines.count > 5)
      #expect(list.lines.allSatisfy { $0.contains("  ended  began ") }, "\(list.output)")
      #expect(list.output.contains("module scsi_debug was not loaded"))
    }

    @Test(
      "What somebody took into use meanwhile stays, is named, and is put back later",
      arguments: Kernel.oneOfAll)
    func used(_ kernel: Kernel) async throws {
      let report = try await host.report(on: kernel)
      let kept = try report.step("used-kept")
      #expect(kept.status == 5, "\(kept.output)")
      #expect(kept.error.contains("not put back: module scsi_debug was not loaded"))
      #expect(kept.error.contains("/mnt"), "\(kept.error)")
      #expect(kept.output.contains("modules besides the "), "or a failure stops the rest")
      #expect(try report.step("used-still").status == 0)
      let restore = try report.step("used-restore")
      #expect(restore.status == 0, "\(restore.error)")
      try report.expectSame("before", "used-restored")
    }

    @Test(
      "Interrupted, a run ends its cycle, prints what it has, and puts the host back",
      arguments: Kernel.oneOfAll)
    func interrupted(_ kernel: Kernel) async throws {
      let report = try await host.report(on: kernel)
      let step = try report.step("interrupted")
      let result = try step.result
      #expect(step.status == 1)
      #expect(result.patterns.first.map { (1..<1000).contains($0.cycles) } == true)
      let changes = try report.changes(from: "before", to: "interrupted-after")
      #expect(changes == [])
    }
  }
}
