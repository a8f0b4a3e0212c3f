import Testing

extension VirtualMachine.Surroundings {
  /// A guest with systemd, udevd and journald is a host as one would install it.
  @Suite(.serialized) struct SystemTests {
    let system = Guest.system("system")

    @Test("The boot is over, and no unit failed", arguments: Kernel.oneOfAll)
    func booted(_ kernel: Kernel) async throws {
      let report = try await system.report(on: kernel)
      #expect(try report.step("failed").output == "")
      #expect(try report.step("state").output == "running\n")
    }

    @Test("What is logged is in the journal", arguments: Kernel.oneOfAll)
    func journal(_ kernel: Kernel) async throws {
      let report = try await system.report(on: kernel)
      #expect(try report.step("journal").output == "a line\n")
    }

    @Test("udevd loads the driver of a device that is plugged in", arguments: Kernel.oneOfAll)
    func plugged(_ kernel: Kernel) async throws {
      let report = try await system.report(on: kernel)
      #expect(try report.step("unloaded").status == 1, "or it proves nothing")
      let plugged = try report.step("plugged")
      #expect(plugged.status == 0, "\(plugged.output)\(plugged.error)")
      #expect(try report.step("bound").status == 0)
      #expect(try report.step("loaded").status == 0)
    }

    @Test("What QEMU refuses fails with its words", arguments: Kernel.oneOfAll)
    func refused(_ kernel: Kernel) async throws {
      let refused = try await system.report(on: kernel).step("refused")
      #expect(refused.status == 1)
      #expect(refused.output.contains("Duplicate device ID 'hba'"), "\(refused.output)")
    }

    @Test("A package that needs what bindrace needs installs offline", arguments: Kernel.oneOfAll)
    func package(_ kernel: Kernel) async throws {
      let report = try await system.report(on: kernel)
      let installed = try report.step("installed")
      #expect(installed.status == 0, "\(installed.output)\(installed.error)")
      #expect(try report.step("status").output.contains("Status: install ok installed\n"))
    }
  }
}
