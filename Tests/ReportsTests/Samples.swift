import Evidence

/// Results as a run would leave them.
enum Samples {
  static let run = "0f3b9c1e-7a44-4be0-9f0c-2f5f5f1c1d11"

  static func blank(_ level: EvidenceLevel = .trace) -> RunResult {
    RunResult(
      run: run, seed: 42, kernelRelease: "6.12.86+deb13-amd64",
      kernelVersion: "#1 SMP PREEMPT_DYNAMIC Debian 6.12.86-1", level: level)
  }

  static func hotplug(
    cycles: Int, hits: Int, _ verdicts: [Verdict: Int], target: String = "scsi/0:0:0:0"
  ) -> PatternResult {
    var pattern = PatternResult(
      id: "A1", name: "hotplug-async", target: target, driver: "sd", widen: "cpu")
    pattern.cycles = cycles
    pattern.hits = hits
    pattern.seconds = 12.3456
    pattern.verdicts = verdicts
    return pattern
  }

  /// One of each kind.
  static let facts = [
    FactSource(fact: .unbind, state: .told, places: ["unbind_store"], reason: nil),
    FactSource(
      fact: .detach, state: .told, places: ["device_links_driver_cleanup"],
      reason: "this kernel has no device_unbind_cleanup"),
    FactSource(
      fact: .autoprobe, state: .waiting, places: ["drivers_autoprobe_store"], reason: nil),
    FactSource(
      fact: .retry, state: .untold, places: [],
      reason: "this kernel has no driver_deferred_probe_trigger"),
  ]

  static var skipped: PatternResult {
    PatternResult(
      id: "A2", name: "driver-load-async", target: "platform/pcspkr", driver: "pcspkr",
      widen: "none", skipReason: "module pcspkr is not there")
  }

  /// A late asynchronous attach, `after` nanoseconds behind the detach.
  static func lateAttach(cycle: Int, after: Int64, device: String = "scsi/0:0:0:0") -> Finding {
    Finding(
      verdict: .lateAsyncAttach, pattern: "A1", cycle: cycle, evidence: .trace, device: device,
      syspath: "/sys/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0", driver: "sd",
      unbind: Finding.Unbind(
        start: Time(nanoseconds: 9_007_199_254_740_993),
        end: Time(nanoseconds: 9_007_199_256_741_993), errno: 0, pid: 311),
      attach: Finding.Attach(
        time: Time(nanoseconds: 9_007_199_258_000_000), after: after,
        function: "__device_attach_async_helper", command: "kworker/u8:1", pid: 57,
        stack: ["driver_bound", "really_probe", "__device_attach_async_helper"]),
      seqnum: Finding.Seqnum(unbind: 4711, bind: 4712),
      text: "sd was attached again 1.500 ms after unbind had detached it.")
  }

  /// The result of 500 cycles with `kept` findings out of `late`.
  static func failing(late: Int, kept: Int) -> RunResult {
    var result = blank()
    result.loss.ueventsReceived = 2000
    result.patterns = [
      hotplug(cycles: 500, hits: 300, [.lateAsyncAttach: late, .missed: 500 - late, .clean: 0]),
      skipped,
    ]
    result.findings = (1...kept).map { lateAttach(cycle: $0, after: Int64($0) * 1_500_000) }
    return result
  }
}
