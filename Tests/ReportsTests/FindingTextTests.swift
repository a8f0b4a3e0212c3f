import Evidence
import Reports
import Testing

/// Each kind of finding reads as what it is, also where there is no unbind or no attach.
@Suite struct FindingTextTests {
  private func lines(
    _ verdict: Verdict, after: Int64? = 1_500_000, hasUnbind: Bool = true, hasAttach: Bool = true
  ) -> [String] {
    var finding = Samples.lateAttach(cycle: 1, after: 0)
    finding.verdict = verdict
    finding.attach?.after = after
    if !hasUnbind { finding.unbind = nil }
    if !hasAttach { finding.attach = nil }
    var result = Samples.blank()
    result.findings = [finding]
    return TextReport(result).text().split(separator: "\n").map(String.init)
  }

  private func attach(_ lines: [String]) -> String? {
    lines.first { $0.hasPrefix("  attach  ") }.map { String($0.dropFirst(10)) }
  }

  private static let by = "by __device_attach_async_helper (kworker/u8:1, pid 57)"

  @Test("The kernel's own words stand below, up to a bound, and cannot paint the terminal")
  func kernelLog() {
    var finding = Samples.lateAttach(cycle: 1, after: 0)
    finding.log = ["first\u{1b}[2J"] + (2...60).map { "line \($0)" }
    var result = Samples.blank()
    result.findings = [finding]
    let lines = TextReport(result).text().split(separator: "\n")
    #expect(lines.contains("  log     first\\u{1B}[2J"))
    #expect(lines.contains("          line 40") && !lines.contains("          line 41"))
    #expect(lines.contains("          … and 20 lines more"))
  }

  @Test(
    "A delay counts from what the verdict is about",
    arguments: [
      (Verdict.falseSuccess, "the unbind returned"),
      (.overrideBypassed, "driver_override was written"),
      (.autoprobeBypassed, "drivers_autoprobe was turned off"),
      (.attachAfterRemove, "the removal"), (.attachAfterRefusal, "the refusal"),
      (.collateral, "the detach"), (.wrongDetach, "the detach"),
    ])
  func origin(_ verdict: Verdict, _ origin: String) {
    #expect(attach(lines(verdict)) == "1.500 ms after \(origin), \(Self.by)")
  }

  @Test("An attach before that is no negative delay")
  func before() {
    #expect(attach(lines(.wrongDetach, after: -2500)) == "2.500 us before the detach, \(Self.by)")
  }

  @Test("An unbind without an attach, and an attach without an unbind")
  func halves() {
    let detached = lines(.wrongDetach, hasAttach: false)
    #expect(attach(detached) == nil)
    #expect(detached.contains("  unbind  success, returned after 2.001 ms (pid 311)"))
    let attached = lines(.foreignAttach, after: nil, hasUnbind: false)
    #expect(attach(attached) == Self.by)
    #expect(!attached.contains { $0.hasPrefix("  unbind") })
    #expect(
      attach(lines(.overrideBypassed, hasUnbind: false))
        == "1.500 ms after driver_override was written, \(Self.by)")
    #expect(attach(lines(.lateAttach, after: nil)) == "delay unknown, \(Self.by)")
  }

  @Test("A hang shows where its writer sleeps")
  func writer() {
    var finding = Samples.lateAttach(cycle: 1, after: 0)
    finding.verdict = .hang
    var result = Samples.blank()
    func shown(_ sleep: KernelSleep?) -> [String] {
      finding.writer = Finding.Writer(pid: 158, sleep: sleep)
      result.findings = [finding]
      let lines = TextReport(result).text().split(separator: "\n").map(String.init)
      return lines.drop { !$0.hasPrefix("  writer") }.prefix(3).map { $0 }
    }
    let stack = ["msleep", "really_probe"]
    #expect(
      shown(KernelSleep(command: "bindrace-race", function: "msleep", stack: stack)) == [
        "  writer  sleeps in msleep (bindrace-race, pid 158)", "            msleep",
        "            really_probe",
      ])
    #expect(
      shown(KernelSleep(command: "modprobe", function: nil, stack: [])).first
        == "  writer  sleeps (modprobe, pid 158)")
    #expect(shown(nil).first == "  writer  pid 158, gone before anybody could look")
  }

  @Test("Every verdict that fails has a meaning of its own in the first line")
  func meanings() {
    var seen: Set<String> = []
    for verdict in Columns.canFail {
      var result = Samples.blank()
      result.columns = Columns(failOn: [verdict])
      result.patterns = [Samples.hotplug(cycles: 1, hits: 1, [verdict: 1])]
      let line = TextReport(result).text().prefix { $0 != "\n" }
      #expect(line.hasPrefix("FAIL: \(verdict.rawValue) 1 of 1 cycle: "))
      #expect(seen.insert(String(line)).inserted)
    }
  }
}
