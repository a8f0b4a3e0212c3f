import Evidence
import Reports
import Testing

/// A dry run shows what would be raced, and the delays that its seed makes.
@Suite struct PlanReportTests {
  private func plan(seed: UInt64 = 42, cycles: Int) -> PlanReport {
    var result = RunResult(
      run: "another each time", seed: seed, kernelRelease: "", kernelVersion: "", level: .sysfs)
    var searched = Samples.hotplug(cycles: cycles, hits: 0, [:])
    searched.delays = (0..<Int64(cycles)).map { [$0 * 1500, 20] }
    result.patterns = [searched, Samples.hotplug(cycles: 0, hits: 0, [:]), Samples.skipped]
    return PlanReport(result, amount: "its share of 60 s")
  }

  @Test("A reader sees how much, the seed and the first ten delays")
  func text() {
    #expect(
      plan(cycles: 2).text() == """
        id  name               target           driver  widen  would run
        A1  hotplug-async      scsi/0:0:0:0     sd      cpu    2 cycles
        A1  hotplug-async      scsi/0:0:0:0     sd      cpu    its share of 60 s
        A2  driver-load-async  platform/pcspkr  pcspkr  none   no: module pcspkr is not there

        delays of A1 on scsi/0:0:0:0, the first 2 of 2 cycles
          0 ns, 20 ns
          1.500 us, 20 ns

        seed 42: the same seed makes the same delays; nothing was changed

        """)
    let lines = plan(cycles: 12).text().split(separator: "\n")
    #expect(lines.contains("delays of A1 on scsi/0:0:0:0, the first 10 of 12 cycles"))
    #expect(lines.filter { $0.hasSuffix(", 20 ns") }.count == 10)
  }

  @Test("A program gets the first hundred, and none where there are none")
  func json() throws {
    let document = try JSONValue.parse(plan(cycles: 120).json())
    #expect(document["seed"] == .integer(42) && document["dry_run"] == .bool(true))
    let patterns = try #require(document["patterns"])
    guard case .array(let delays) = patterns[0]?["delays"] else {
      Issue.record("no delays")
      return
    }
    #expect(delays.count == 100)
    #expect(delays.last == .array([.integer(99 * 1500), .integer(20)]))
    #expect(patterns[1]?.keys.contains("delays") == false)
  }

  @Test("The same seed prints the same schedule, whatever the run is called")
  func same() throws {
    #expect(plan(cycles: 5).text() == plan(cycles: 5).text())
    #expect(try plan(cycles: 5).json() == plan(cycles: 5).json())
    #expect(plan(seed: 43, cycles: 5).text() != plan(cycles: 5).text())
  }
}
