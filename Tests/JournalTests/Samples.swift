import DriverModel
import Evidence
import Glibc
import TemporaryFolder

/// Findings as races leave them.
enum Samples {
  static let run = "0f3b9c1e-7a44-4be0-9f0c-2f5f5f1c1d11"

  /// With every field that a late attach can have.
  static func lateAttach(cycle: Int = 3, _ verdict: Verdict = .lateAsyncAttach) -> Finding {
    Finding(
      verdict: verdict, pattern: "hotplug-async", cycle: cycle, evidence: .trace,
      device: "scsi/0:0:0:0", syspath: "/sys/devices/pseudo_0/adapter0/host0/0:0:0:0", driver: "sd",
      unbind: Finding.Unbind(
        start: Time(nanoseconds: 9_007_199_254_740_993),
        end: Time(nanoseconds: 9_007_199_256_741_993), errno: 0, pid: 311, command: "udevd"),
      attach: Finding.Attach(
        time: Time(nanoseconds: 9_007_199_258_000_000), after: 1_258_007,
        function: "__device_attach_async_helper", command: "kworker/u8:1", pid: 57,
        stack: ["driver_bound", "really_probe", "__device_attach_async_helper"]),
      seqnum: Finding.Seqnum(unbind: 4711, bind: 4712),
      text: "sd came back on scsi/0:0:0:0 1.258 ms after the detach.")
  }

  static var hang: Finding {
    Finding(
      verdict: .hang, pattern: "unbind-rebind", cycle: 1, evidence: .uevent, device: "pci/0:4",
      syspath: "", driver: "",
      unbind: Finding.Unbind(
        start: Time(nanoseconds: 7), end: nil, errno: nil, pid: nil),
      writer: Finding.Writer(
        pid: 99,
        sleep: KernelSleep(command: "bindrace", function: "device_lock", stack: ["a", "b"])),
      text: "unbind of pci/0:4 did not return.", log: ["INFO: task hung", "Call Trace:"])
  }

  static var result: RunResult {
    var result = RunResult(
      run: run, seed: 42, kernelRelease: "6.12.86", kernelVersion: "#1 SMP", level: .trace)
    result.patterns = [row]
    result.findings = [lateAttach()]
    result.columns = Columns(failOn: [.collateral], note: [.lateAttach])
    return result
  }

  static var row: PatternResult {
    var row = PatternResult(
      id: "A1", name: "hotplug-async", target: "scsi/0:0:0:0", driver: "sd", widen: "cpu")
    row.cycles = 5
    row.hits = 4
    row.seconds = 12.3456
    row.verdicts = [.lateAsyncAttach: 3, .missed: 2, .clean: 0]
    return row
  }
}

extension TemporaryFolder {
  /// The names below `name`, with those of its folders, sorted.
  func files(_ name: String = "") -> [String] {
    names(name.isEmpty ? "." : name).map { name.isEmpty ? $0 : "\(name)/\($0)" }
      .flatMap { [$0] + files($0) }.sorted()
  }
}

/// Waits until something holds, at most 20 s; true then.
func eventually(_ holds: () -> Bool) -> Bool {
  for _ in 0..<20_000 {
    if holds() { return true }
    usleep(1000)
  }
  return holds()
}
