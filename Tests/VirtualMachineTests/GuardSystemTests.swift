import Testing

extension VirtualMachine.Surroundings {
  /// On a host with systemd: what its units need, and what udevd knows, is raced by nobody.
  @Suite(.serialized) struct GuardSystemTests {
    let guests = Guest.system("guard-system")

    @Test("By name, by parent, by the daemon: every attempt is refused", arguments: Kernel.oneOfAll)
    func refused(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      for name in ["by-name", "by-parent"] {
        let step = try report.step(name)
        #expect(step.status == 4, "\(name): \(step.output)\(step.error)")
        for row in try step.result.patterns {
          #expect(row.cycles == 0 && row.skipReason?.hasPrefix("in use: ") == true, "\(row)")
        }
      }
      let used = try report.step("used").lines.map { $0.split(separator: " ").map(String.init) }
      let told = try report.step("told").lines
      for words in used {
        #expect(
          told.contains { $0.contains(words[1]) && $0.contains("in use: ") }, "\(words): \(told)")
      }
      #expect(try report.step("touched").lines == [])
      #expect(try report.step("active").lines == ["active", "active"])
      #expect(try !report.step("heard").lines.isEmpty, "or nobody listened to the kernel")
    }

    @Test("Each says what docs/guard.md says of its way", arguments: Kernel.oneOfAll)
    func reasons(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      let page = try GuardPage.ways(in: "guard-system")
      let rows = try report.step("by-name").result.patterns
      var seen: Set<String> = []
      for line in try report.step("used").lines {
        let words = line.split(separator: " ").map(String.init)
        let want = try #require(page[words[0]])
        let said = Set(rows.filter { $0.target == words[1] }.map { $0.skipReason ?? "none" })
        #expect(
          !said.isEmpty && said.allSatisfy { GuardPage.shape($0) == GuardPage.shape(want) },
          "\(line): \(said)")
        seen.insert(words[0])
      }
      #expect(seen == Set(page.keys))
      #expect(rows.contains { $0.skipReason?.contains("is needed by bound.service (dev-") == true })
      #expect(
        rows.contains { $0.skipReason?.contains("is needed by required.service (sys-") == true })
    }

    @Test("What no running unit needs is spare", arguments: Kernel.oneOfAll)
    func spare(_ kernel: Kernel) async throws {
      let report = try await guests.report(on: kernel)
      for name in ["spare", "stopped"] {
        let step = try report.step(name)
        #expect(try step.result.patterns.map(\.cycles) == [1], "\(step.output)\(step.error)")
      }
    }
  }
}
