import Evidence
import Reports
import Testing

/// Programs read the JSON: its keys and values are a promise.
@Suite struct JSONReportTests {
  @Test("A failing run is written with exactly the documented keys and exact values")
  func failing() throws {
    var result = Samples.failing(late: 187, kept: 1)
    result.loss = EvidenceLoss(
      ueventsReceived: 2000, ueventsLost: 1, ueventsUnseen: 2, traceLost: 3, probesMissed: 4,
      traceStopped: 6, kmsgLost: 5)
    result.untraced = "this kernel has no driver_bound"
    result.facts = Samples.facts
    result.patterns[0].provider = "scsi_debug"
    result.patterns[0].asynchronousBy = "module parameter"
    result.findings[0].asynchronousBy = "module parameter"
    result.patterns[0].delays = [[1500, 0], [9_007_199_254_740_993, 7]]
    result.columns = Columns(failOn: [.attachAfterRefusal], note: [.collateral, .hang])
    let expected = try JSONValue.parse(
      """
      {
        "schema": 1, "run": "0f3b9c1e-7a44-4be0-9f0c-2f5f5f1c1d11", "seed": 42,
        "kernel": {"release": "6.12.86+deb13-amd64",
                   "version": "#1 SMP PREEMPT_DYNAMIC Debian 6.12.86-1"},
        "conclusion": "fail",
        "evidence": {"level": "trace", "untraced": "this kernel has no driver_bound", "uevents_received": 2000, "uevents_lost": 1,
                     "uevents_unseen": 2, "trace_lost": 3, "probes_missed": 4, "trace_stopped": 6,
                     "kmsg_lost": 5},
        "facts": [
          {"fact": "unbind", "state": "told", "places": ["unbind_store"], "reason": null},
          {"fact": "detach", "state": "told", "places": ["device_links_driver_cleanup"],
           "reason": "this kernel has no device_unbind_cleanup"},
          {"fact": "autoprobe", "state": "waiting", "places": ["drivers_autoprobe_store"],
           "reason": null},
          {"fact": "retry", "state": "untold", "places": [],
           "reason": "this kernel has no driver_deferred_probe_trigger"}],
        "columns": {"fail_on": ["attach-after-refusal"], "note": ["hang", "collateral"]},
        "patterns": [
          {"id": "A1", "name": "hotplug-async", "kind": "race", "target": "scsi/0:0:0:0", "driver": "sd",
           "widen": "cpu", "provider": "scsi_debug", "asynchronous_by": "module parameter",
           "status": "run", "skip_reason": null, "ended_early": null, "cycles": 500, "hits": 300,
           "hits_needed": 1, "decisive": true, "excluded_rate": null, "shortfalls": [],
           "seconds": 12.346, "verdicts": {"late-async-attach": 187, "missed": 313},
           "delays": [[1500, 0], [9007199254740993, 7]]},
          {"id": "A2", "name": "driver-load-async", "kind": "race", "target": "platform/pcspkr",
           "driver": "pcspkr", "widen": "none", "provider": null, "asynchronous_by": null, "status": "skip",
           "skip_reason": "module pcspkr is not there", "ended_early": null, "cycles": 0, "hits": 0, "seconds": 0,
           "hits_needed": 1, "decisive": true, "excluded_rate": null, "shortfalls": [],
           "verdicts": {}}],
        "findings": [
          {"verdict": "late-async-attach", "pattern": "A1", "cycle": 1, "evidence": "trace",
           "device": "scsi/0:0:0:0",
           "syspath": "/sys/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0",
           "driver": "sd", "asynchronous_by": "module parameter",
           "unbind": {"start_ns": 9007199254740993, "end_ns": 9007199256741993, "errno": 0,
                      "pid": 311, "command": null},
           "attach": {"time_ns": 9007199258000000, "after_ns": 1500000,
                      "function": "__device_attach_async_helper", "command": "kworker/u8:1",
                      "pid": 57,
                      "stack": ["driver_bound", "really_probe", "__device_attach_async_helper"]},
           "seqnum": {"unbind": 4711, "bind": 4712}, "writer": null,
           "text": "sd was attached again 1.500 ms after unbind had detached it."}],
        "host": {"restored": true}
      }
      """)
    #expect(try JSONValue.parse(JSONReport(result).text()) == expected)
  }

  @Test("What is not known is null, not left out")
  func nulls() throws {
    var result = Samples.blank(.uevent)
    var hang = Samples.lateAttach(cycle: 1, after: 0)
    hang.verdict = .hang
    hang.unbind = Finding.Unbind(
      start: Time(nanoseconds: 5), end: nil, errno: nil, pid: nil)
    hang.attach = nil
    hang.seqnum = Finding.Seqnum()
    var unknown = Samples.lateAttach(cycle: 2, after: 0)
    unknown.unbind = nil
    unknown.attach = Finding.Attach(
      time: Time(nanoseconds: 6), after: nil, function: nil, command: nil, pid: nil, stack: [])
    result.findings = [hang, unknown]
    let findings = try #require(try JSONValue.parse(JSONReport(result).text())["findings"])
    #expect(
      findings[0]?["unbind"]
        == .object([
          "start_ns": .integer(5), "end_ns": .null, "errno": .null, "pid": .null, "command": .null,
        ]))
    #expect(findings[0]?["attach"] == .null)
    #expect(findings[0]?["seqnum"] == .object(["unbind": .null, "bind": .null]))
    #expect(findings[1]?["unbind"] == .null)
    #expect(
      findings[1]?["attach"]
        == .object([
          "time_ns": .integer(6), "after_ns": .null, "function": .null, "command": .null,
          "pid": .null, "stack": .array([]),
        ]))
  }

  @Test("A hang names who hangs, and where in the kernel")
  func writer() throws {
    var hang = Samples.lateAttach(cycle: 1, after: 0)
    hang.writer = Finding.Writer(
      pid: 158,
      sleep: KernelSleep(
        command: "bindrace-race", function: "msleep", stack: ["msleep", "really_probe"]))
    var gone = hang
    gone.writer?.sleep = nil
    var result = Samples.blank()
    result.findings = [hang, gone]
    let findings = try #require(try JSONValue.parse(JSONReport(result).text())["findings"])
    #expect(
      findings[0]?["writer"]
        == .object([
          "pid": .integer(158), "command": .string("bindrace-race"), "function": .string("msleep"),
          "stack": .array([.string("msleep"), .string("really_probe")]),
        ]))
    #expect(
      findings[1]?["writer"]
        == .object([
          "pid": .integer(158), "command": .null, "function": .null, "stack": .array([]),
        ]))
  }

  @Test("What rests on the kernel log brings its lines along")
  func kernelLog() throws {
    var result = Samples.blank()
    var warning = Samples.lateAttach(cycle: 1, after: 0)
    warning.verdict = .kernelWarning
    warning.log = ["------------[ cut here ]------------", "WARNING: CPU: 0\t\"x\""]
    result.findings = [warning, Samples.lateAttach(cycle: 2, after: 0)]
    let findings = try #require(try JSONValue.parse(JSONReport(result).text())["findings"])
    #expect(
      findings[0]?["log"]
        == .array([
          .string("------------[ cut here ]------------"), .string("WARNING: CPU: 0\t\"x\""),
        ]))
    #expect(findings[1]?["log"] == nil)
  }

  @Test("Where there was a trace and nothing is special, its keys are there all the same")
  func noFacts() throws {
    let document = try JSONValue.parse(JSONReport(Samples.failing(late: 1, kept: 1)).text())
    #expect(document["facts"] == .array([]))
    #expect(document["evidence"]?["untraced"] == .null)
    #expect(document["evidence"]?["trace_stopped"] == .integer(0))
    #expect(document["findings"]?[0]?["asynchronous_by"] == .null)
  }

  @Test("Two reports of one result are the same bytes, on lines of their own")
  func stable() throws {
    let result = Samples.failing(late: 187, kept: 5)
    let text = try JSONReport(result).text()
    #expect(try text == JSONReport(result).text())
    #expect(text.hasSuffix("}\n"))
    #expect(text.split(separator: "\n").count > 60)
    #expect(text.contains("/sys/devices/pseudo_0"))
  }

  @Test("A host that could not be put back says so")
  func notRestored() throws {
    var result = Samples.blank()
    result.isRestored = false
    let host = try JSONValue.parse(JSONReport(result).text())["host"]
    #expect(host == .object(["restored": .bool(false)]))
  }

  @Test("A run that could not begin is a skip with its reason, whatever else is in it")
  func skip() throws {
    var result = Samples.blank(.sysfs)
    result.isInterrupted = true
    let document = try JSONValue.parse(
      JSONReport(skipped: result, because: "bindrace 812 is at work").text())
    #expect(document["conclusion"] == .string("skip"))
    #expect(document["reason"] == .string("bindrace 812 is at work"))
    #expect(document["patterns"] == .array([]))
    #expect(document["findings"] == .array([]))
    let whole = try JSONValue.parse(JSONReport(result).text())
    #expect(document.keys == whole.keys.union(["reason"]))
  }
}
