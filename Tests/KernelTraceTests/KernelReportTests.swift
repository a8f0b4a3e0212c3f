import Evidence
import Foundation
import Testing

@testable import KernelTrace

/// What counts as a report that something went wrong, from its first line to its last.
@Suite struct KernelReportTests {
  /// The reports of a log of the kernel's lines, 1 ms apart.
  private func reports(_ lines: [String], gap: UInt64 = 1000) -> [KernelReport] {
    var reader = KernelReportReader()
    for (number, line) in lines.enumerated() {
      // As the log escapes it (append_char()).
      let text = line.replacing("\\", with: "\\x5c").replacing("\n", with: "\\x0a")
      let record = "4,\(number),\(UInt64(number) * gap),-;\(text)\n"
      reader.read(KernelLogRecord(Array(record.utf8)[...])!)
    }
    return reader.take(.race).reports
  }

  @Test("a warning of a stock kernel is one report, up to its end mark")
  func recorded() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "6.1-device-links-purge", withExtension: "kmsg", subdirectory: "Recorded"))
    var reader = KernelReportReader()
    for line in try Data(contentsOf: url).split(separator: 0x0a) {
      reader.read(try #require(KernelLogRecord(Array(line)[...])))
    }
    #expect(!reader.isOpen)
    let report = try #require(reader.take(.race).reports.first)
    #expect(report.kind == .warning)
    #expect(
      report.title == "WARNING: CPU: 1 PID: 102 at drivers/base/core.c:1707 device_del+0x322/0x410")
    #expect(report.lines.count == 42)
    #expect(report.lines.last == "---[ end trace 0000000000000000 ]---")
  }

  struct Example: CustomTestStringConvertible, Sendable {
    var lines: [String]
    var kind: KernelReport.Kind
    var title: String
    /// Lines of `lines` that belong to it; nil for all.
    var count: Int?
    var testDescription: String { title }
  }

  static let trace = ["Call Trace:", " <TASK>", " f+0x1/0x2", " </TASK>"]
  static let examples: [Example] = [
    Example(
      lines: [
        "------------[ cut here ]------------", "refcount_t: underflow; use-after-free.",
        "WARNING: CPU: 0 PID: 8 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110",
        "Modules linked in: x", "CPU: 0 PID: 8 Comm: sh", "Call Trace:", " <TASK>",
        " f+0x1/0x2", " </TASK>", "---[ end trace 0000000000000000 ]---", "sd 0:0:0:0: ready",
      ], kind: .warning,
      title:
        "WARNING: CPU: 0 PID: 8 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110: refcount_t: underflow; use-after-free.",
      count: 10),
    // Newer kernels name the place first.
    Example(
      lines: [
        "------------[ cut here ]------------", "x was told to warn",
        "WARNING: drivers/base/core.c:1706 at device_del+0x2d2/0x3e0, CPU#1: sh/140",
        "Modules linked in: x", "---[ end trace 0000000000000000 ]---",
      ], kind: .warning,
      title:
        "WARNING: drivers/base/core.c:1706 at device_del+0x2d2/0x3e0, CPU#1: sh/140: x was told to warn"
    ),
    Example(
      lines: [
        "list_del corruption. prev->next should be ffff, but was 0. (prev=ffff)",
        "------------[ cut here ]------------", "kernel BUG at lib/list_debug.c:62!",
        "Oops: invalid opcode: 0000 [#1] PREEMPT SMP NOPTI", "CPU: 0 PID: 8 Comm: sh",
      ] + trace + ["---[ end trace 0000000000000000 ]---", "RIP: 0010:f+0x1/0x2"], kind: .bug,
      title: "list_del corruption. prev->next should be ffff, but was 0. (prev=ffff)", count: 10),
    Example(
      lines: [
        "BUG: kernel NULL pointer dereference, address: 0000000000000008",
        "#PF: supervisor read access in kernel mode", "Oops: 0000 [#1] PREEMPT SMP NOPTI",
      ] + trace + ["---[ end trace 0000000000000000 ]---"], kind: .bug,
      title: "BUG: kernel NULL pointer dereference, address: 0000000000000008"),
    Example(
      lines: [
        "==================================================================",
        "BUG: KASAN: slab-use-after-free in f+0x1/0x2", "Read of size 8 at addr ffff by task sh/8",
      ] + trace + ["=================================================================="],
      kind: .bug, title: "BUG: KASAN: slab-use-after-free in f+0x1/0x2", count: 7),
    Example(
      lines: [
        "------------[ cut here ]------------", "UBSAN: array-index-out-of-bounds in a.c:1:2",
        "index 8 is out of range for type 'int [8]'", "CPU: 0 PID: 8 Comm: sh",
      ] + trace + ["---[ end trace ]---"], kind: .bug,
      title: "UBSAN: array-index-out-of-bounds in a.c:1:2"),
    Example(
      lines: [
        "======================================================",
        "WARNING: possible circular locking dependency detected", "6.12.0 Not tainted",
        "stack backtrace:", "CPU: 0 PID: 8 Comm: sh",
      ] + trace + ["sd 0:0:0:0: ready"], kind: .warning,
      title: "WARNING: possible circular locking dependency detected", count: 8),
    Example(
      lines: ["INFO: task sh:88 blocked for more than 120 seconds.", "task:sh state:D"] + trace,
      kind: .stall, title: "INFO: task sh:88 blocked for more than 120 seconds."),
    Example(
      lines: [
        "sysfs: cannot create duplicate filename '/bus/platform/devices/x.0'",
        "CPU: 0 PID: 8 Comm: sh",
      ] + trace + [
        "kobject: kobject_add_internal failed for x.0 with -EEXIST, don't try to register things"
      ], kind: .warning,
      title: "sysfs: cannot create duplicate filename '/bus/platform/devices/x.0'", count: 6),
    Example(
      lines: ["Internal error: Oops: 0000000096000004 [#1] SMP", "Modules linked in:"],
      kind: .bug, title: "Internal error: Oops: 0000000096000004 [#1] SMP"),
    Example(
      lines: ["traps: PANIC: double fault, error_code: 0x0"], kind: .bug,
      title: "traps: PANIC: double fault, error_code: 0x0"),
    Example(
      lines: ["BUG kmalloc-64 (Tainted: G        W         ): Poison overwritten"], kind: .bug,
      title: "BUG kmalloc-64 (Tainted: G        W         ): Poison overwritten"),
  ]

  @Test("each kind of report is found with its beginning and its end", arguments: examples)
  func kinds(example: Example) throws {
    let found = reports(["sd 0:0:0:0: [sda] Attached SCSI disk"] + example.lines)
    #expect(found.count == 1)
    let report = try #require(found.first)
    #expect(report.kind == example.kind)
    #expect(report.title == example.title)
    #expect(report.lines.count == example.count ?? example.lines.count)
  }

  @Test(
    "ordinary messages are none",
    arguments: [
      "Buffer I/O error on dev sda, logical block 0, async page read",
      "sd 0:0:0:0: [sda] Synchronize Cache(10) failed: Result: hostbyte=DID_NO_CONNECT",
      "blk_update_request: I/O error, dev sda, sector 0 op 0x0:(READ)",
      "sched: RT throttling activated", "sched: DL replenish lagged too much",
      "perf: interrupt took too long (2510 > 2500), lowering kernel.perf_event_max_sample_rate",
      "clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable",
      "bindrace_fixture: loading out-of-tree module taints kernel.",
      "bindrace_fixture: module verification failed: signature and/or required key missing",
      "workqueue: async_run_entry_fn hogged CPU for >10000us 4 times, consider switching to WQ_UNBOUND",
      "INFO: NMI handler (perf_event_nmi_handler) took too long to run: 1.2 msecs",
      "rcu: INFO: Stall ended before state dump start", "BUG: MAX_LOCKDEP_CHAINS too low!",
      "traps: sh[88] general protection fault ip:55d3 sp:7ffc error:0",
      "WARNING: this driver is old", "INFO: lockdep is turned off.",
      "mydriver: BUG: not the kernel's", "Call Trace:", "oops, that was close",
      "hrtimer: interrupt took 23456 ns", "bindrace_fixture.1: no link: supplier 0 is absent",
      "note: sh[88] exited with irqs disabled",
    ])
  func ordinary(line: String) {
    #expect(reports([line]).isEmpty)
  }

  @Test(
    "a stall names its CPUs",
    arguments: [
      (["watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [kworker/1:1:45]"], [1]),
      (["NMI watchdog: Watchdog detected hard LOCKUP on cpu 3"], [3]),
      (["BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 35s!"], [1]),
      (["BUG: workqueue lockup - pool cpus=0-2,5 flags=0x4 nice=0 stuck for 35s!"], [0, 1, 2, 5]),
      (
        [
          "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
          "rcu: \t1-....: (5250 ticks this GP) idle=1/1/0x4 softirq=1/1 fqs=2",
          "rcu: \t0-...!: (1 GPs behind) idle=1", "rcu: \tTasks blocked on level-0 rcu_node: P88",
          "rcu: \t(detected by 0, t=5252 jiffies, g=1, q=2 ncpus=2)",
        ], [0, 1]
      ),
      (
        [
          "rcu: INFO: rcu_sched self-detected stall on CPU",
          "rcu: \t1-....: (5250 ticks this GP)",
        ], [1]
      ),
      (
        ["rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...D } 60 jiffies"],
        [1]
      ),
      (["rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { P88 0-... } 6"], [0]),
      (["INFO: task sh:88 blocked for more than 120 seconds."], []),
      (["INFO: rcu_tasks detected stalls on tasks:"], []),
    ] as [([String], [Int32])])
  func stalls(lines: [String], cpus: [Int32]) {
    let found = reports(lines)
    #expect(found.map(\.kind) == [.stall])
    #expect(found.first?.cpus == cpus)
  }

  @Test("two warnings at once are two reports, and a second \"cut here\" ends the first")
  func mixed() {
    let one = ["------------[ cut here ]------------", "WARNING: CPU: 0 PID: 1 at a.c:1 f"]
    let two = ["------------[ cut here ]------------", "WARNING: CPU: 1 PID: 2 at b.c:2 g"]
    let found = reports(one + ["Modules linked in:"] + two + ["---[ end trace 0 ]---"])
    #expect(
      found.map(\.title) == [
        "WARNING: CPU: 0 PID: 1 at a.c:1 f", "WARNING: CPU: 1 PID: 2 at b.c:2 g",
      ])
  }

  @Test("a stall hides nothing that comes behind it")
  func behindStall() {
    let found = reports([
      "BUG: workqueue lockup - pool cpus=1 node=0 stuck for 35s!", "Showing busy workqueues:",
      "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:8]", "CPU: 0 PID: 8 Comm: sh",
      "BUG: kernel NULL pointer dereference, address: 0000000000000008",
    ])
    #expect(found.map(\.kind) == [.stall, .stall, .bug])
    #expect(found.map(\.cpus) == [[1], [0], []])
  }

  @Test("what comes a second later is none of the report's")
  func gap() {
    #expect(reports(["BUG: unable to go on", "sd ready"], gap: 2_000_000).first?.lines.count == 1)
    #expect(reports(["BUG: unable to go on", "sd ready"]).first?.lines.count == 2)
  }

  @Test("a log of nothing but reports takes no more room than is allowed")
  func bounded() {
    let endless = ["BUG: x"] + Array(repeating: "line", count: 5000)
    #expect(reports(endless).first?.lines.count == KernelReportReader.mostLines)
    var reader = KernelReportReader()
    for number in 0..<50 {
      var record = KernelLogRecord(Array("4,1,0,-;unregister_netdevice: waiting for x".utf8)[...])!
      record.microseconds = UInt64(number)
      reader.read(record)
    }
    let taken = reader.take(.race)
    #expect(taken.reports.count == KernelReportReader.mostReports)
    #expect(taken.more == 50 - KernelReportReader.mostReports)
    #expect(reader.take(.race).more == 0)
  }
}
