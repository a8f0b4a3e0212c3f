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
      var driver: String
      /// Of five cycles, or ten of a load. The load of a driver can fall into a pause of the spinner.
      var atLeast = 3
      var testDescription: String { step }
    }

    static let added = [
      Case(step: "virtio-hotplug-async", driver: "virtio_rng"),
      Case(step: "i2c_stub-hotplug-async", driver: "lm75"),
      Case(step: "dummy_hcd-hotplug-async", driver: "usbtest"),
    ]

    @Test(
      "A device that was added comes back by its own probe", arguments: Kernel.oneOfAll, added)
    func hotplug(_ kernel: Kernel, _ example: Case) async throws {
      try await expectLate(kernel, example, by: "__device_attach_async_helper")
    }

    static let loaded = [
      Case(step: "virtio-driver-load-async", driver: "virtio_rng"),
      // Its probe needs workers that may use the held CPU only, so bind takes as long as a slice.
      Case(step: "nvme-driver-load-async", driver: "nvme", atLeast: 1),
      Case(step: "smbus-driver-load-async", driver: "i801_smbus"),
      Case(step: "pcspkr-driver-load-async", driver: "pcspkr"),
      Case(step: "i2c_stub-driver-load-async", driver: "lm75"),
      Case(step: "uhid-driver-load-async", driver: "hid-multitouch"),
      Case(step: "dummy_hcd-driver-load-async", driver: "usbtest"),
    ]

    @Test(
      "A device comes back by the load of its driver", arguments: Kernel.oneOfAll, loaded)
    func driverLoad(_ kernel: Kernel, _ example: Case) async throws {
      try await expectLate(kernel, example, by: "__driver_attach_async_helper")
    }

    static let refused = [
      Case(step: "virtio-refused-unbind", driver: "virtio_rng"),
      Case(step: "i2c_stub-refused-unbind", driver: "lm75"),
      Case(step: "dummy_hcd-refused-unbind", driver: "usbtest"),
    ]

    @Test("A refused unbind, and then the driver", arguments: Kernel.oneOfAll, refused)
    func refusal(_ kernel: Kernel, _ example: Case) async throws {
      let step = try await targets.report(on: kernel).step(example.step)
      let result = try step.result
      #expect(step.status == 0, "\(step.error)")
      #expect(result.patterns.map(\.driver) == [example.driver])
      #expect(
        result.verdicts["attach-after-refusal", default: 0] >= example.atLeast,
        "\(result.verdicts)")
      #expect(result.host.restored)
    }

    static let rebound = [
      "virtio-unbind-rebind", "nvme-unbind-rebind", "pcspkr-unbind-rebind",
      "i2c_stub-unbind-rebind", "uhid-unbind-rebind", "dummy_hcd-unbind-rebind",
    ]

    @Test("Where nothing races, nothing comes late", arguments: Kernel.oneOfAll, rebound)
    func rebind(_ kernel: Kernel, _ name: String) async throws {
      let step = try await targets.report(on: kernel).step(name)
      #expect(step.status == 0, "\(step.error)")
      #expect(try step.result.verdicts == ["clean": 5])
    }

    @Test(
      "A PCI device is probed where it is added, before 6.17: nothing is late, nor called so",
      arguments: Kernel.oneOfAll)
    func pciHotplug(_ kernel: Kernel) async throws {
      if kernel.probesPCIByHelper {
        // Each bind takes as long as a slice, as for a load.
        let example = Case(step: "nvme-hotplug-async", driver: "nvme", atLeast: 1)
        try await expectLate(kernel, example, by: "__device_attach_async_helper")
        return
      }
      let step = try await targets.report(on: kernel).step("nvme-hotplug-async")
      #expect(step.status == 3, "\(step.error)")
      // No helper was scheduled in this run, so nothing proves that one would have been told.
      #expect(try step.result.verdicts == ["inconclusive": 5])
    }

    @Test(
      "A PCI device is removed under an unbind or a bind, or looked for: nothing comes late",
      arguments: Kernel.oneOfAll, ["remove-vs-unbind", "pci-stop", "rescan-present"])
    func pciRemoval(_ kernel: Kernel, _ pattern: String) async throws {
      let step = try await targets.report(on: kernel).step("nvme-\(pattern)")
      #expect(step.status == 0, "\(step.error)")
      let result = try step.result
      #expect(result.patterns.map(\.cycles) == [5])
      #expect(result.verdicts["clean", default: 0] >= 3, "\(result.verdicts)")
      #expect(result.findings.isEmpty)
      #expect(result.host.restored)
    }

    @Test(
      "A driver_override that is written while the probe is pending is passed by",
      arguments: Kernel.oneOfAll)
    func override(_ kernel: Kernel) async throws {
      let step = try await targets.report(on: kernel).step("pcspkr-override-bypass")
      #expect(step.status == 1, "\(step.error)")
      #expect(try step.result.verdicts["override-bypassed", default: 0] >= 3)
    }

    @Test(
      "A probe of a stock driver is as slow as the device that it asks",
      arguments: Kernel.oneOfAll)
    func slowProbe(_ kernel: Kernel) async throws {
      let report = try await targets.report(on: kernel)
      let step = try report.step("uhid-unbind-during-probe")
      #expect(step.status == 0, "\(step.error)")
      #expect(try step.result.verdicts == ["clean": 5])
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
      #expect(result.patterns.map(\.driver) == [example.driver])
      #expect(
        result.verdicts["late-async-attach", default: 0] >= example.atLeast, "\(result.verdicts)")
      #expect(result.findings.count == result.verdicts["late-async-attach"])
      for finding in result.findings {
        #expect(finding.verdict == "late-async-attach")
        #expect(finding.driver == example.driver)
        let attach = try #require(finding.attach)
        #expect(attach.function == helper && attach.stack.contains(helper))
      }
      #expect(result.host.restored)
    }
  }
}
