import Testing

extension VirtualMachine.Surroundings {
  /// What the kernel says in its log belongs to the cycle and the device that made it say so.
  @Suite(.serialized) struct WarningTests {
    let guest = Guest.host("warnings")

    @Test("a warning fails its cycle and no other, with its text", arguments: Kernel.oneOfAll)
    func warned(_ kernel: Kernel) async throws {
      let step = try await guest.report(on: kernel).step("warned")
      let result = try step.result
      #expect(step.status == 1 && result.conclusion == "fail")
      #expect(result.verdicts["kernel-warning"] == 1, "\(result.verdicts)")
      #expect(result.verdicts["clean"] == 7, "\(result.verdicts)")
      let finding = try #require(result.findings.first)
      #expect(result.findings.count == 1 && finding.verdict == "kernel-warning")
      #expect((2...3).contains(finding.cycle) && finding.evidence == "trace")
      #expect(finding.device == "platform/bindrace_fixture.0")
      let title = #/in the race of platform/bindrace_fixture.0: WARNING: CPU: \d+ PID: \d+ at /#
      #expect(finding.text.contains(title), "\(finding.text)")
      // The flag was set before, by another device: taint alone would not have shown this one.
      #expect(finding.text.hasSuffix(": bindrace_fixture.0 was told to warn."), "\(finding.text)")
      let log = try #require(finding.log)
      #expect(log.first?.hasPrefix("------------[ cut here ]") == true)
      #expect(
        log.contains { $0.contains("Call Trace:") } && log.last?.hasPrefix("---[ end") == true)
    }

    @Test(
      "one that shows when the devices go belongs to the race before", arguments: Kernel.oneOfAll)
    func leftBehind(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let result = try report.step("left-behind").result
      let races = result.patterns
      #expect(races.map(\.id) == ["L2", "R1"])
      #expect(
        races.first?.verdicts == ["false-success": 2, "kernel-warning": 1], "\(races)")
      #expect(races.last?.verdicts["kernel-warning"] == nil, "\(races)")
      let finding = try #require(result.findings.first { $0.verdict == "kernel-warning" })
      #expect(finding.pattern == "link-lock-drop" && finding.cycle == 3)
      #expect(finding.text.contains("after the last cycle"), "\(finding.text)")
      #expect(finding.text.hasSuffix("was told to warn; new taint: W."), "\(finding.text)")
    }

    @Test(
      "a clean run has no warning, and every round stands in the log", arguments: Kernel.oneOfAll)
    func clean(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let step = try report.step("clean")
      #expect(step.status == 0, "\(step.error)")
      #expect(try step.result.evidence.kmsgLost == 0)
      let marks = try report.step("clean-marks").lines
      #expect(marks.count == Size.marks)
      for (number, mark) in marks.enumerated() {
        #expect(mark.hasSuffix("B1 on scsi/0:0:0:0: cycle \(number + 1)"))
      }
    }

    @Test("a CPU that is held makes no warning of its own", arguments: Kernel.oneOfAll)
    func held(_ kernel: Kernel) async throws {
      let result = try await guest.report(on: kernel).step("async").result
      #expect(result.patterns.first?.cycles == 20)
      #expect(result.verdicts["kernel-warning"] == nil, "\(result.findings.map(\.text))")
    }

    @Test(
      "a log that was overrun proves no cycle clean, and says how much", arguments: Kernel.oneOfAll)
    func overrun(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      let step = try report.step("flooded")
      let result = try step.result
      #expect(step.status == 3 && result.conclusion == "inconclusive")
      let blurred = result.verdicts["inconclusive", default: 0]
      #expect((1...3).contains(blurred), "\(result.verdicts)")
      #expect(result.verdicts["clean", default: 0] == 4 - blurred, "\(result.verdicts)")
      // Of a flood within one cycle each record was lost or is still there, but for those that later
      // marks took; where it went on into the next, some of it was read between.
      let left = try #require(report.step("flood-left").lines.first.flatMap { Int($0) })
      let lost = result.evidence.kmsgLost
      #expect(lost > 0 && lost + left <= 2005, "\(lost) lost, \(left) left")
      #expect(blurred > 1 || lost + left >= 1995, "\(lost) lost, \(left) left")
      let counts = result.findings.compactMap { finding in
        finding.text.split(separator: " ").first.flatMap { Int($0) }
      }
      #expect(counts.reduce(0, +) == result.evidence.kmsgLost)
      #expect(step.error.contains("kernel log records lost"))
    }

    @Test(
      "without a kernel log no cycle is clean, and the run says why", arguments: Kernel.oneOfAll)
    func unread(_ kernel: Kernel) async throws {
      let step = try await guest.report(on: kernel).step("unread")
      let result = try step.result
      #expect(step.status == 3 && result.conclusion == "inconclusive")
      #expect(result.verdicts == ["inconclusive": 3])
      #expect(
        result.findings.first?.text
          == "The kernel log was not read: open /dev/kmsg: No such file or directory.")
      #expect(step.error.contains("no cycle will be clean"))
    }

    @Test("the log's rate limit is as before", arguments: Kernel.oneOfAll)
    func putBack(_ kernel: Kernel) async throws {
      let report = try await guest.report(on: kernel)
      try report.expectSame("before", "after")
      let setting = try report.step("before").lines.first { $0.contains("printk_devkmsg") }
      #expect(setting == "/proc/sys/kernel/printk_devkmsg ratelimit")
    }
  }
}
