import Testing

extension VirtualMachine.Surroundings {
  /// Who looks on is told who did what, by which function, and what came of it.
  @Suite(.serialized) struct WatchTests {
    let guest = Guest(script: "watch", machine: ["-device", "virtio-rng-pci"], timeout: 300)

    /// The lines of the trace that came of a step, without their times and paths.
    private func told(_ name: String, on kernel: Kernel) async throws -> [String] {
      let report = try await guest.report(on: kernel)
      #expect(try report.step("\(name)-told").status == 0)
      let line = /TRACE\[[0-9.]*\] (\w+) +(\S+) \((\w+)\)  (.*)/
      return try report.step(name).lines.compactMap { text in
        guard let parts = text.wholeMatch(of: line)?.output else { return nil }
        let rest = parts.4.replacing(/\(pid \d+\)/, with: "(pid)")
        return "\(parts.1) \(parts.3): \(rest)"
      }
    }

    @Test("A probe that adds a device names its own driver at its end", arguments: Kernel.oneOfAll)
    func nested(_ kernel: Kernel) async throws {
      let told = try await told("bind", on: kernel)
      #expect(
        told == [
          "attach virtio: virtio_rng by sh (pid), device_add",
          "add virtio: by sh (pid), device_add",
          "attach pci: virtio-pci by sh (pid), bind_store",
          "bind pci: virtio-pci by sh (pid): success",
        ])
    }

    @Test("An unbind is told with what came of it", arguments: Kernel.oneOfAll)
    func unbound(_ kernel: Kernel) async throws {
      let told = try await told("unbind", on: kernel)
      #expect(told.contains("detach pci: by sh (pid), unbind_store"), "\(told)")
      #expect(told.last == "unbind pci: virtio-pci by sh (pid): success", "\(told)")
    }

    @Test(
      "What was refused names what was written and why", arguments: Kernel.oneOfAll,
      [("refused", "pci/none"), ("nothing", "pci/\"\"")])
    func refused(_ kernel: Kernel, step: (name: String, written: String)) async throws {
      let told = try await told(step.name, on: kernel)
      #expect(told == ["unbind pci: virtio-pci by sh (pid): No such device"])
      let lines = try await guest.report(on: kernel).step(step.name).lines
      #expect(lines.contains { $0.contains(" unbind   \(step.written) (pci) ") }, "\(lines)")
    }

    @Test("A removal and a rescan name who, and by which function", arguments: Kernel.oneOfAll)
    func removed(_ kernel: Kernel) async throws {
      let removal = try await told("remove", on: kernel)
      #expect(removal.contains("remove virtio: by sh (pid), device_del"), "\(removal)")
      #expect(removal.contains("detach pci: virtio-pci by sh (pid)"), "\(removal)")
      #expect(removal.contains("remove pci: by sh (pid), device_del"), "\(removal)")
      let rescan = try await told("rescan", on: kernel)
      #expect(rescan.contains("add pci: by sh (pid), device_add"), "\(rescan)")
      #expect(
        rescan.contains { $0.hasPrefix("attach pci: virtio-pci by ") && $0.contains("(pid), ") },
        "\(rescan)")
    }

    @Test("It ends by a signal, with success", arguments: Kernel.oneOfAll)
    func ended(_ kernel: Kernel) async throws {
      #expect(try await guest.report(on: kernel).step("ended").lines == ["0"])
    }
  }
}
