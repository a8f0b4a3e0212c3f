import Evidence
import Reports
import Testing

/// A kernel developer reads the first line, then one finding in full.
@Suite struct TextReportTests {
  private func lines(_ result: RunResult) -> [String] {
    TextReport(result).text().split(separator: "\n").map(String.init)
  }

  @Test("A failure says what failed, how often, and what that means; then proves it once")
  func failing() {
    #expect(
      TextReport(Samples.failing(late: 3, kept: 3)).text() == """
        FAIL: late-async-attach 3 of 500 cycles: an asynchronous probe put the driver back after \
        an unbind that returned success

        id  name               target           driver  widen  cycles  hits  excludes  verdicts
        A1  hotplug-async      scsi/0:0:0:0     sd      cpu       500   300            \
        late-async-attach 3, missed 497
        A2  driver-load-async  platform/pcspkr  pcspkr  none        -     -            \
        SKIP module pcspkr is not there

        late-async-attach: 3 cycles of A1
          sd was attached again 1.500 ms after unbind had detached it.
          device  scsi/0:0:0:0, driver sd, cycle 1, evidence trace
          path    /sys/devices/pseudo_0/adapter0/host0/target0:0:0/0:0:0:0
          unbind  success, returned after 2.001 ms (pid 311)
          attach  1.500 ms after the detach, by __device_attach_async_helper (kworker/u8:1, pid 57)
                    driver_bound
                    really_probe
                    __device_attach_async_helper
          SEQNUM  unbind 4711, bind 4712
          2 more like it, attached 1.500 ms / 3.000 ms / 4.500 ms later (min / median / max)

        evidence  trace; uevents: 2000 received, 0 lost, 0 unseen; trace: 0 lost, 0 missed; \
        kernel log: 0 lost
        run       0f3b9c1e-7a44-4be0-9f0c-2f5f5f1c1d11, seed 42
        kernel    6.12.86+deb13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.12.86-1

        """)
  }

  @Test("Findings beyond those kept are counted, and the delays are those of the kept ones")
  func manyFindings() {
    let lines = lines(Samples.failing(late: 187, kept: 100))
    #expect(lines.contains("late-async-attach: 187 cycles of A1"))
    #expect(
      lines.contains(
        "  186 more like it, attached 1.500 ms / 76.500 ms / 150.000 ms later"
          + " (min / median / max of the 100 kept)"))
    #expect(lines.filter { $0.contains("SEQNUM") }.count == 1)
  }

  @Test("The one shown in full is one whose stack is known")
  func representative() {
    var result = Samples.failing(late: 2, kept: 2)
    result.findings[0].attach?.stack = []
    #expect(lines(result).contains { $0.contains("cycle 2, evidence") })
  }

  @Test("Kinds are apart and the worst comes first, notes last")
  func groups() throws {
    var result = Samples.failing(late: 1, kept: 1)
    var refusal = Samples.lateAttach(cycle: 9, after: 900)
    refusal.verdict = .attachAfterRefusal
    refusal.unbind?.errno = 19
    var hang = Samples.lateAttach(cycle: 8, after: 0)
    hang.verdict = .hang
    hang.unbind?.end = nil
    hang.unbind?.errno = nil
    hang.attach = nil
    result.findings = [refusal] + result.findings + [hang]
    let lines = lines(result)
    let titles = lines.filter { $0.hasSuffix(" of A1") }
    #expect(
      titles == [
        "hang: 1 cycle of A1", "late-async-attach: 1 cycle of A1",
        "attach-after-refusal: 1 cycle of A1",
      ])
    #expect(lines.contains("  unbind  ENODEV, returned after 2.001 ms (pid 311)"))
    #expect(lines.contains { $0.hasPrefix("  attach  900 ns after the refusal") })
    #expect(lines.contains("  unbind  has not returned (pid 311)"))
    #expect(!lines.contains { $0.contains("more like it") })
  }

  @Test("What was moved for this run decides the headline and the colours, and is told")
  func columns() {
    var result = Samples.failing(late: 3, kept: 3)
    result.columns = Columns(note: [.lateAsyncAttach])
    let noted = TextReport(result).text(colour: true)
    #expect(noted.contains("PASS: 500 cycles, 300 hits"))
    #expect(noted.contains("\u{1b}[1mlate-async-attach: 3 cycles of A1"))
    #expect(noted.hasSuffix("columns   only noted: late-async-attach\n"))
    result = Samples.failing(late: 3, kept: 3)
    result.patterns[0].verdicts = [.attachAfterRefusal: 2, .foreignAttach: 1]
    result.columns = Columns(failOn: [.foreignAttach, .attachAfterRefusal], note: [.hang])
    let failing = lines(result)
    #expect(
      failing[0].hasPrefix("FAIL: attach-after-refusal 2, foreign-attach 1 of 500 cycles: "))
    #expect(
      failing.last
        == "columns   failing: attach-after-refusal, foreign-attach; only noted: hang")
  }

  @Test("A hang that is only noted is still no proof")
  func notedHang() {
    var result = Samples.blank()
    result.patterns = [Samples.hotplug(cycles: 4, hits: 3, [.clean: 3, .hang: 1])]
    result.columns = Columns(note: [.hang])
    #expect(
      lines(result)[0] == "INCONCLUSIVE: nothing failed, but nothing is proven:"
        + " A1: a verb hung, and what it did is not known")
  }

  @Test("A pass says what was reached, and what it is worth")
  func pass() {
    var result = Samples.blank()
    result.patterns = [Samples.hotplug(cycles: 70, hits: 60, [.clean: 60, .missed: 10])]
    #expect(
      lines(result)[0]
        == "PASS: 70 cycles, 60 hits: every pattern that ran reached its race, and no verdict failed;"
        + " at 95%, a rate of failures above 4.9% is excluded")
    #expect(lines(result).contains { $0.contains("   60     >4.9%  missed 10, clean 60") })

    var control = Samples.hotplug(cycles: 10, hits: 10, [.clean: 10])
    control.id = "B1"
    control.kind = .control
    result.patterns.append(control)
    #expect(
      lines(result)[0].hasSuffix("at 95%, a rate of failures above 26% of each race is excluded"))
  }

  @Test("A pass of searched delays has hits and no rate")
  func searchedPass() {
    var result = Samples.blank()
    result.patterns = [Samples.hotplug(cycles: 60, hits: 60, [.clean: 60])]
    result.patterns[0].delays = Array(repeating: [1], count: 60)
    #expect(lines(result)[0].hasSuffix("no verdict failed; no rate of A1"))
  }

  @Test("A race with too few hits says how many it lacks, a control how many it missed")
  func tooFew() {
    var result = Samples.blank()
    var control = Samples.hotplug(cycles: 40, hits: 4, [.clean: 4, .missed: 36])
    control.id = "B1"
    control.kind = .control
    result.patterns = [Samples.hotplug(cycles: 40, hits: 4, [.clean: 4, .missed: 36]), control]
    result.patterns[0].hitsNeeded = 10
    #expect(
      lines(result)[0] == "INCONCLUSIVE: nothing failed, but nothing is proven:"
        + " A1: 4 hits of the 10 that a pass needs;"
        + " B1: 36 of 40 cycles missed, and a control may miss a tenth;"
        + " race it for longer, as by --pattern A1 --cycles 100")
  }

  @Test("No hit is no pass, and says which pattern")
  func noHits() {
    var result = Samples.blank()
    result.patterns = [Samples.hotplug(cycles: 10, hits: 0, [.missed: 10])]
    #expect(
      lines(result)[0]
        == "INCONCLUSIVE: nothing failed, but nothing is proven: A1: no hit;"
        + " race it for longer, as by --pattern A1 --cycles 100")
    result.patterns.append(Samples.hotplug(cycles: 1, hits: 0, [.missed: 1]))
    result.patterns[1].id = "A2"
    #expect(
      lines(result)[0].hasSuffix(
        "A1, A2: no hit; race each for longer, as by --pattern A1 --cycles 100"
      ))
    result.patterns = [Samples.hotplug(cycles: 200, hits: 0, [.missed: 200])]
    #expect(
      lines(result)[0].hasSuffix(
        "A1: no hit; bindrace patterns A1 says what it takes, and its window may be"
          + " too short on this device"))
  }

  @Test("What is skipped on a target for one reason is one row, and others are their own")
  func skippedAlike() {
    var result = Samples.blank()
    var first = Samples.skipped
    first.target = "scsi/0:0:0:0"
    first.skipReason = "in use: mounted on /"
    var second = first
    second.id = "B1"
    result.patterns = [first, second, Samples.skipped, second]
    let rows = lines(result).filter { $0.contains("SKIP ") && !$0.hasPrefix("SKIP") }
    #expect(rows.count == 2)
    #expect(rows[0].hasPrefix("-   3 races"), "\(rows[0])")
    #expect(rows[0].hasSuffix("SKIP in use: mounted on /"))
    #expect(rows[1].hasPrefix("A2  driver-load-async"))
    let plan = PlanReport(result, amount: "x").text().split(separator: "\n")
    #expect(plan.count { $0.contains("no: in use: mounted on /") } == 1)
    #expect(plan.contains { $0.hasPrefix("-   3 races") })
  }

  @Test("Lost evidence, a weak level and an interruption are each named")
  func doubts() {
    var result = Samples.blank(.uevent)
    result.patterns = [
      Samples.hotplug(cycles: 10, hits: 2, [.clean: 2, .missed: 5, .inconclusive: 3])
    ]
    result.loss.ueventsLost = 7
    result.loss.kmsgLost = 5
    result.isInterrupted = true
    let lines = lines(result)
    #expect(
      lines[0] == "INCONCLUSIVE: nothing failed, but nothing is proven: the run was interrupted;"
        + " the evidence is uevent, a pass needs trace; evidence was lost;"
        + " A1: 3 inconclusive cycles")
    #expect(
      lines.contains(
        "evidence  uevent; uevents: 0 received, 7 lost, 0 unseen; trace: 0 lost, 0 missed;"
          + " kernel log: 5 lost"))
  }

  @Test("Why there is no trace stands below the evidence")
  func untraced() throws {
    var result = Samples.failing(late: 1, kept: 1)
    result.level = .uevent
    #expect(!TextReport(result).text().contains("untraced"))
    result.untraced = "this kernel has no\u{1b} driver_bound"
    let lines = lines(result)
    let line = try #require(lines.firstIndex { $0.hasPrefix("evidence  uevent;") })
    #expect(lines[line + 1] == "untraced  this kernel has no\\u{1B} driver_bound")
  }

  @Test("A fact that nothing tells has a line, and one that another place tells; others have none")
  func facts() throws {
    var result = Samples.failing(late: 1, kept: 1)
    result.facts = Samples.facts
    let lines = lines(result)
    let first = try #require(lines.firstIndex { $0.hasPrefix("evidence  ") })
    #expect(
      lines[(first + 1)...(first + 2)] == [
        "told      when a driver is detached, by device_links_driver_cleanup:"
          + " this kernel has no device_unbind_cleanup",
        "untold    when deferred devices are to be tried again:"
          + " this kernel has no driver_deferred_probe_trigger",
      ])
    #expect(lines[first + 3].hasPrefix("run  "))
  }

  @Test("A recording that stood still has lost what nobody counted, and is no pass")
  func standstill() {
    var result = Samples.blank()
    result.patterns = [Samples.hotplug(cycles: 1, hits: 1, [.clean: 1])]
    result.loss.traceStopped = 2
    var text = TextReport(result).text(colour: true)
    #expect(text.contains("INCONCLUSIVE: nothing failed, but nothing is proven: evidence was lost"))
    #expect(text.contains("\u{1b}[33mevidence"))
    let words = "trace: the recording was taken away or stood still"
    #expect(text.contains("; \(words) 2 times; kernel log: 0 lost"))
    result.loss.traceStopped = 1
    result.loss.probesMissed = 3
    text = TextReport(result).text()
    #expect(text.contains("\(words) 1 time, 0 lost, 3 missed besides;"))
  }

  @Test("What made the driver probe asynchronously stands beside the finding")
  func asynchronous() throws {
    var result = Samples.failing(late: 1, kept: 1)
    result.findings[0].asynchronousBy = "module parameter"
    let lines = lines(result)
    let line = try #require(lines.firstIndex { $0.hasPrefix("  async   ") })
    #expect(
      lines[line] == "  async   by module parameter alone: sd is not known to probe so by itself")
    #expect(lines[line - 1].hasPrefix("  path ") && lines[line + 1].hasPrefix("  unbind "))
  }

  @Test("A skip gives each reason once")
  func skip() {
    var result = Samples.blank()
    result.patterns = [Samples.skipped, Samples.skipped]
    #expect(lines(result)[0] == "SKIP: nothing ran: module pcspkr is not there")
    #expect(
      TextReport(skipped: Samples.blank(), because: "not root").text()
        .hasPrefix("SKIP: nothing ran: not root\n"))
  }

  @Test("A host that could not be put back is on the second line, also of a pass")
  func notRestored() {
    var result = Samples.blank()
    result.patterns = [Samples.hotplug(cycles: 1, hits: 1, [.clean: 1])]
    result.isRestored = false
    #expect(lines(result)[1].hasPrefix("HOST NOT RESTORED"))
  }

  @Test("Colours only where asked for, and a process cannot paint the terminal by its name")
  func colour() {
    var result = Samples.failing(late: 1, kept: 1)
    result.findings[0].attach?.command = "\u{1b}[2Jevil\n"
    let plain = TextReport(result).text()
    #expect(!plain.contains("\u{1b}"))
    #expect(plain.contains("\\u{1B}[2Jevil\\n, pid 57"))
    let coloured = TextReport(result).text(colour: true)
    #expect(coloured.hasPrefix("\u{1b}[1;31mFAIL"))
    #expect(!coloured.contains("\u{1b}[2J"))
  }
}
