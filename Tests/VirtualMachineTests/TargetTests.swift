import Foundation
import Testing

extension VirtualMachine.Races {
  /// Late probes are seen on every bus that a stock kernel offers, and named by the right function.
  @Suite(.serialized) struct TargetTests {
    let targets = Guest(
      script: "targets",
      machine: [
        "-device", "virtio-rng-pci",
        "-drive", "driver=null-co,read-zeroes=on,size=16M,if=none,id=n0",
        "-device", "nvme,drive=n0,serial=1",
      ], timeout: 1200)

    /// Races on one target: what they came to where everything is as it should be.
    struct Case: Sendable, CustomTestStringConvertible {
      var step: String
      var pattern: String
      var driver: String
      /// Of five cycles, or ten of a load. The load of a driver can fall into a pause of the spinner.
      var atLeast = 3
      var testDescription: String { "\(step) \(pattern)" }
    }

    static let added = [
      Case(step: "virtio", pattern: "hotplug-async", driver: "virtio_rng"),
      Case(step: "i2c_stub", pattern: "hotplug-async", driver: "lm75"),
      Case(step: "dummy_hcd", pattern: "hotplug-async", driver: "usbtest"),
    ]

    @Test(
      "A device that was added comes back by its own probe", arguments: Kernel.oneOfAll, added)
    func hotplug(_ kernel: Kernel, _ example: Case) async throws {
      try await expectLate(kernel, example, by: "__device_attach_async_helper")
    }

    static let loaded = [
      Case(step: "virtio-load", pattern: "driver-load-async", driver: "virtio_rng"),
      // Its probe needs workers that may use the held CPU only, so bind takes as long as a slice.
      Case(step: "nvme-load", pattern: "driver-load-async", driver: "nvme", atLeast: 1),
      Case(step: "smbus-load", pattern: "driver-load-async", driver: "i801_smbus"),
      Case(step: "pcspkr", pattern: "driver-load-async", driver: "pcspkr"),
      Case(step: "i2c_stub-load", pattern: "driver-load-async", driver: "lm75"),
      Case(step: "uhid-load", pattern: "driver-load-async", driver: "hid-multitouch"),
      Case(step: "dummy_hcd-load", pattern: "driver-load-async", driver: "usbtest"),
    ]

    @Test(
      "A device comes back by the load of its driver", arguments: Kernel.oneOfAll, loaded)
    func driverLoad(_ kernel: Kernel, _ example: Case) async throws {
      try await expectLate(kernel, example, by: "__driver_attach_async_helper")
    }

    static let refused = [
      Case(step: "virtio", pattern: "refused-unbind", driver: "virtio_rng"),
      Case(step: "i2c_stub", pattern: "refused-unbind", driver: "lm75"),
      Case(step: "dummy_hcd", pattern: "refused-unbind", driver: "usbtest"),
    ]

    @Test("A refused unbind, and then the driver", arguments: Kernel.oneOfAll, refused)
    func refusal(_ kernel: Kernel, _ example: Case) async throws {
      let result = try await targets.report(on: kernel).step(example.step).result
      let row = try result.row(example.pattern)
      #expect(row.driver == example.driver && row.hits >= example.atLeast)
      let others = Set(row.verdicts.keys).subtracting(["attach-after-refusal", "missed"])
      #expect(others.isEmpty, "\(row.verdicts)")
      #expect(
        row.verdicts["attach-after-refusal", default: 0] >= example.atLeast, "\(row.verdicts)")
      #expect(result.host.restored)
    }

    static let rebound = ["virtio", "nvme", "pcspkr", "i2c_stub", "uhid", "dummy_hcd"]

    @Test("Where nothing races, nothing comes late", arguments: Kernel.oneOfAll, rebound)
    func rebind(_ kernel: Kernel, _ name: String) async throws {
      let row = try await targets.report(on: kernel).step(name).result.row("unbind-rebind")
      #expect(row.cycles >= 5 && row.verdicts == ["clean": row.cycles], "\(row.verdicts)")
    }

    @Test(
      "A PCI device is probed where it is added, before 6.17: by no helper, and none is named",
      arguments: Kernel.oneOfAll)
    func pciHotplug(_ kernel: Kernel) async throws {
      if kernel.probesPCIByHelper {
        // Each bind takes as long as a slice, as for a load.
        let example = Case(step: "nvme", pattern: "hotplug-async", driver: "nvme", atLeast: 1)
        try await expectLate(kernel, example, by: "__device_attach_async_helper")
        return
      }
      // No helper was scheduled in this run, so nothing proves that one would have been told. Where the
      // machine is slow the addition's own probe can follow the unbind, as in hotplug-sync.
      let result = try await targets.report(on: kernel).step("nvme").result
      let verdicts = try result.row("hotplug-async").verdicts
      let late = verdicts["late-attach", default: 0]
      #expect(verdicts["inconclusive", default: 0] + late == 5, "\(verdicts)")
      #expect(result.conclusion == (late > 0 ? "fail" : "inconclusive"))
      for finding in result.findings where finding.verdict == "late-attach" {
        let attach = try #require(finding.attach)
        #expect(attach.command?.hasPrefix("bindrace") == true, "\(attach)")
        #expect(attach.stack.contains("pci_bus_add_device"), "\(attach)")
      }
    }

    @Test(
      "A PCI device is removed under an unbind or a bind, or looked for: nothing comes late",
      arguments: Kernel.oneOfAll, ["remove-vs-unbind", "pci-stop", "rescan-present"])
    func pciRemoval(_ kernel: Kernel, _ pattern: String) async throws {
      let result = try await targets.report(on: kernel).step("nvme").result
      let row = try result.row(pattern)
      #expect(row.cycles == 5 && row.verdicts["clean", default: 0] >= 3, "\(row.verdicts)")
      #expect(result.findings(of: pattern).isEmpty)
      #expect(result.host.restored)
    }

    @Test(
      "A driver_override that is written while the probe is pending is passed by",
      arguments: Kernel.oneOfAll)
    func override(_ kernel: Kernel) async throws {
      let step = try await targets.report(on: kernel).step("pcspkr")
      #expect(step.status == 1, "\(step.error)")
      let row = try step.result.row("override-bypass")
      #expect(row.verdicts["override-bypassed", default: 0] >= 3, "\(row.verdicts)")
    }

    @Test(
      "A probe of a stock driver is as slow as the device that it asks",
      arguments: Kernel.oneOfAll)
    func slowProbe(_ kernel: Kernel) async throws {
      let report = try await targets.report(on: kernel)
      let step = try report.step("uhid")
      #expect(step.status == 0, "\(step.error)")
      #expect(try step.result.row("unbind-during-probe").verdicts == ["clean": 5])
      let binds = try report.step("uhid-evidence").lines.flatMap { line in
        try JSONDecoder().decode(Verbs.self, from: Data(line.utf8)).verbs
          .filter { $0.verb == "bind" }.map { ($0.end - $0.start) / 1_000_000 }
      }
      #expect(binds.count == 5)
      #expect(binds.allSatisfy { (245..<2000).contains($0) }, "\(binds) ms")
    }

    private struct Verbs: Decodable {
      struct Verb: Decodable {
        var verb: String
        var start: Int
        var end: Int
      }

      var verbs: [Verb]
    }

    @Test(
      "What is in use is refused, also where it would only go along with a parent",
      arguments: Kernel.oneOfAll, ["virtio", "pci", "sibling"])
    func inUse(_ kernel: Kernel, _ name: String) async throws {
      let step = try await targets.report(on: kernel).step("refused-\(name)")
      #expect(step.status == 4)
      let what = name == "sibling" ? "1-1" : "vport"
      #expect(
        try step.result.patterns.first?.skipReason?.hasPrefix("in use: is open: \(what)") == true,
        "\(step.output)")
    }

    @Test("A HID device gets a new number each time, so it is not added in a race")
    func hidHotplug() async throws {
      let step = try await targets.report(on: .backport).step("refused-uhid")
      #expect(step.status == 4)
      #expect(
        try step.result.patterns.first?.skipReason?.contains("no way to remove a device") == true)
    }

    @Test("After all of them the host is as before", arguments: Kernel.oneOfAll)
    func afterwards(_ kernel: Kernel) async throws {
      let changes = try await targets.report(on: kernel).changes(from: "before", to: "after")
      #expect(changes == [])
    }

    @Test(
      "Killed in the middle of a race, restore puts back what a parent and a provider changed",
      arguments: Kernel.oneOfAll, ["virtio", "i2c_stub", "uhid", "dummy_hcd"])
    func killed(_ kernel: Kernel, _ name: String) async throws {
      let report = try await targets.report(on: kernel)
      #expect(try report.step("killed-\(name)").status == 0)
      let restore = try report.step("killed-\(name)-restore")
      #expect(restore.status == 0, "\(restore.output)\(restore.error)")
      if name == "virtio" { #expect(restore.output.contains("virtio-pci: restored\n")) }
      let changes = try report.changes(from: "before", to: "killed-\(name)-restored")
      #expect(changes == [])
    }

    /// Every finding is a late asynchronous attach of that driver, by that helper.
    private func expectLate(_ kernel: Kernel, _ example: Case, by helper: String) async throws {
      let step = try await targets.report(on: kernel).step(example.step)
      let result = try step.result
      #expect(step.status == 1, "\(step.error)")
      let row = try result.row(example.pattern)
      #expect(row.driver == example.driver)
      #expect(row.verdicts["late-async-attach", default: 0] >= example.atLeast, "\(row.verdicts)")
      let findings = result.findings(of: example.pattern)
      #expect(findings.count == row.verdicts["late-async-attach"])
      for finding in findings {
        #expect(finding.verdict == "late-async-attach")
        #expect(finding.driver == example.driver)
        let attach = try #require(finding.attach)
        #expect(attach.function == helper && attach.stack.contains(helper))
      }
      #expect(result.host.restored)
    }
  }
}
