import Foundation
import Testing

extension VirtualMachine.Surroundings {
  /// The daemon on a host with systemd, as an administrator has it; the journal is all that he looks at.
  @Suite(.serialized) struct DaemonTests {
    let service = Guest(
      script: "daemon", system: true, machine: ["-device", "virtio-scsi-pci,id=hba"],
      packaged: true, monitor: true, timeout: 1200)

    @Test("With an empty journal there is nothing to report", arguments: Kernel.oneOfAll)
    func nothing(_ kernel: Kernel) async throws {
      let nothing = try await service.report(on: kernel).step("nothing")
      #expect(nothing.status == 0)
      #expect(nothing.output.hasPrefix("nothing"))
    }

    @Test("What a script of somebody else unbound is seen to come back", arguments: Kernel.oneOfAll)
    func watched(_ kernel: Kernel) async throws {
      let report = try await service.report(on: kernel)
      #expect(try report.step("watched").status == 0)
      let entry = try #require(try report.step("watched-entries").entries.first)
      #expect(entry["BINDRACE_UNBIND_COMMAND"] == "shake.sh")
      #expect(entry["BINDRACE_COMMAND"]?.hasPrefix("kworker/") == true)
      #expect(entry["BINDRACE_FUNCTION"] == "__device_attach_async_helper")
      #expect(entry["BINDRACE_DEVICE"]?.hasPrefix("scsi/") == true)
      #expect(entry["BINDRACE_SEQNUM_UNBIND"] != nil)
      #expect(try report.step("explained").output.contains("Defined-By: bindrace"))
    }

    @Test(
      "Its status has what it can see, and an entry comes when it goes blind and when it sees again",
      arguments: Kernel.oneOfAll)
    func health(_ kernel: Kernel) async throws {
      let report = try await service.report(on: kernel)
      for step in ["health", "blind", "sees", "starts-blind", "starts-sees", "sees-watched"] {
        #expect(try report.step(step).status == 0, "\(step)")
      }
      let status = try report.step("blind-status").output
      #expect(status.contains("evidence uevent, blind since "), "\(status)")
      #expect(status.contains(": kprobes do not fire: kernel.ftrace_enabled is 0; "), "\(status)")
      let blind = try report.step("blind-entries").entries
      #expect(blind.contains { $0["MESSAGE"]?.contains("the trace stood still: ") == true })
      #expect(blind.last?["BINDRACE_EVIDENCE"] == "uevent")
      let sees = try report.step("sees-entries").entries
      #expect(sees.count == 1 && sees.first?["BINDRACE_EVIDENCE"] == "trace")
      let start = try #require(try report.step("starts-blind-entries").entries.first)
      #expect(start["BINDRACE_EVIDENCE"] == "uevent" && start["PRIORITY"] == "4")
      #expect(start["BINDRACE_REASON"]?.contains("kernel.ftrace_enabled is 0") == true)
    }

    @Test("A wrong configuration is told of, and the old one stays", arguments: Kernel.oneOfAll)
    func wrong(_ kernel: Kernel) async throws {
      let report = try await service.report(on: kernel)
      let check = try report.step("wrong-check")
      #expect(check.status == 2)
      #expect(
        check.error.contains("test.conf:2: Cycles='0': not a whole number from 1 to 10000"),
        "\(check.error)")
      #expect(try report.step("wrong-reload").status != 0)
      #expect(try report.step("wrong-hangup").status == 0)
      let entry = try #require(try report.step("wrong-entries").entries.first)
      #expect(entry["BINDRACE_PATH"] == "/etc/bindrace/bindrace.conf.d/test.conf")
      #expect(try report.step("wrong-active").status == 0)
    }

    @Test(
      "What comes is raced, and its late attach is in the journal within a second",
      arguments: Kernel.oneOfAll, ["raced", "plugged"])
    func raced(_ kernel: Kernel, what: String) async throws {
      let report = try await service.report(on: kernel)
      let step = try report.step(what == "raced" ? "raced" : "plugged-raced")
      #expect(step.status == 0)
      #expect(step.seconds < 60)
      let entry = try #require(try report.step("\(what)-entries").entries.first)
      let written = try #require(entry["__MONOTONIC_TIMESTAMP"].flatMap(Double.init)) / 1e6
      let attached = try #require(entry["BINDRACE_ATTACH_NS"].flatMap(Double.init)) / 1e9
      print("\(kernel.rawValue) \(what): in the journal \(written - attached) s after the attach")
      #expect(written - attached < 1)
      for field in Self.fields { #expect(entry["BINDRACE_\(field)"] != nil, "\(field)") }
      #expect(entry["PRIORITY"] == "3")
    }

    /// Those that bindrace-journal-fields(7) gives a finding.
    private static let fields = [
      "RUN", "PATTERN", "CYCLE", "VERDICT", "DEVICE", "SYSPATH", "DRIVER", "AFTER_NS", "FUNCTION",
      "COMMAND", "STACK", "SEQNUM_UNBIND", "SEQNUM_BIND", "EVIDENCE",
    ]

    @Test("The report says what came back, how long after and by whom", arguments: Kernel.oneOfAll)
    func report(_ kernel: Kernel) async throws {
      let report = try await service.report(on: kernel)
      let text = try report.step("report-text")
      #expect(text.status == 0)
      for part in ["late-async-attach", "after the detach", "kworker/", "driver_bound", "shake.sh"]
      {
        #expect(text.output.contains(part), "\(part)")
      }
      let document = try JSONDecoder().decode(
        JournalReport.self, from: Data(try report.step("report").output.utf8))
      #expect(document.runs.count >= 2)
      #expect(document.findings.contains { $0.verdict == "late-async-attach" })
    }

    private struct JournalReport: Decodable {
      var runs: [Run]
      var findings: [Finding]

      struct Run: Decodable { var run: String }
      struct Finding: Decodable { var verdict: String }
    }

    @Test(
      "However it is disturbed it is at work again, and nothing is left changed",
      arguments: Kernel.oneOfAll)
    func disturbed(_ kernel: Kernel) async throws {
      let report = try await service.report(on: kernel)
      for step in ["restart", "killed", "hung", "race-killed", "journald", "suspended", "stopped"] {
        #expect(try report.step("\(step)-racing").status == 0, "\(step): or it proves nothing")
      }
      for step in [
        "restart-active", "killed-active", "hung-active", "race-killed",
        "race-killed-restored", "race-killed-raced", "journald-raced",
      ] {
        #expect(try report.step(step).status == 0, "\(step)")
      }
      #expect(try report.step("stopped-result").output == "success\n0\n")
      #expect(try report.step("left").lines.filter { !$0.hasSuffix(":") } == [])
      // The disks that were plugged in.
      let changes = try report.changes(from: "before", to: "after").filter {
        !$0.contains("/sys/bus/scsi/devices/")
      }
      #expect(changes == [])
    }

    @Test("No finding is lost, also where journald stands still", arguments: Kernel.oneOfAll)
    func journald(_ kernel: Kernel) async throws {
      let report = try await service.report(on: kernel)
      #expect(try report.step("suspended-kept").status == 0, "or it proves nothing")
      #expect(try report.step("suspended-delivered").status == 0)
      let findings = try report.step("findings").entries
      for run in try report.step("runs").entries {
        let late = try #require(run["MESSAGE"]?.firstMatch(of: /late-async-attach (\d+)/))
        let delivered = findings.filter {
          $0["BINDRACE_RUN"] == run["BINDRACE_RUN"]
            && $0["BINDRACE_VERDICT"] == "late-async-attach"
        }
        #expect(delivered.count == Int(late.1), "\(run["MESSAGE"] ?? "")")
      }
    }

    @Test("Without udevd what comes is raced as well", arguments: Kernel.oneOfAll)
    func withoutUdevd(_ kernel: Kernel) async throws {
      #expect(try await service.report(on: kernel).step("without-udevd").status == 0)
    }
  }
}

extension Step {
  /// Its output as entries of the journal (`journalctl --output json`); what is no text is left out.
  var entries: [[String: String]] {
    get throws {
      try lines.map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return (object as? [String: Any] ?? [:]).compactMapValues { $0 as? String }
      }
    }
  }
}
