import Evidence
import Glibc
import Testing

@testable import KernelTrace

/// Lines are as a 6.12 kernel wrote them.
@Suite struct TraceParserTests {
  @Test("an attach by a helper carries who, when and by which way")
  func attachWithStack() throws {
    let records = TraceParser.parse(
      """
          kworker/u8:8-114     [000] .....     6.548701: driver_bound: (driver_bound+0x0/0xc0) dev=0xff2360c4fb10d1c0 name="0:0:0:0" comm="kworker/u8:8"
          kworker/u8:8-114     [000] .....     6.548850: <stack trace>
       => kprobe_trace_func
       => kprobe_ftrace_handler
       => 0xffffffffc051a0de
       => driver_bound
       => really_probe
       => __device_attach_async_helper
       => ret_from_fork_asm

      """)
    let record = try #require(records.first)
    #expect(records.count == 1)
    #expect(record.point == .bound)
    #expect(record.time == Time(nanoseconds: 6_548_701_000))
    #expect(record.pid == 114)
    #expect(record.command == "kworker/u8:8")
    #expect(record.device == 0xff23_60c4_fb10_d1c0)
    #expect(record.name == "0:0:0:0")
    #expect(
      record.stack == [
        "driver_bound", "really_probe", "__device_attach_async_helper", "ret_from_fork_asm",
      ])
  }

  @Test("what somebody wrote can look like a record of a time that no clock has")
  func endlessTime() {
    let records = TraceParser.parse(
      """
                    sh-209     [000] .....     8.672843: unbind_store: (unbind_store+0x4/0xb0) drv="sd" name="0:0:0:0
                    sh-209     [000] .....     999999999999999.672843: unbind_store: " comm="sh"

      """)
    #expect(records.map(\.name) == ["0:0:0:0"])
    #expect(records.map(\.time) == [Time(nanoseconds: 8_672_843_000)])
  }

  @Test("what was written with a newline goes on in the next line")
  func newlineInWrittenName() throws {
    let records = TraceParser.parse(
      """
                    sh-209     [000] .....     8.672843: unbind_store: (unbind_store+0x4/0xb0) drv="sd" name="0:0:0:0
      " comm="sh"
                    sh-209     [000] .....     8.672946: device_release_driver_internal: (device_release_driver_internal+0x4/0x200) dev=0xff2360c4fb10d1c0 name="0:0:0:0" comm="sh"

      """)
    #expect(records.map(\.point) == [.unbindStore, .release])
    #expect(records[0].name == "0:0:0:0")
    #expect(records[0].driver == "sd")
    #expect(records[0].command == "sh")
  }

  @Test("a return probe carries the value returned, an error as a negative number")
  func returnValue() throws {
    let records = TraceParser.parse(
      """
                    sh-112     [000] .....    11.636496: bind_store_return: (kernfs_fop_write_iter+0x12e/0x200 <- bind_store) ret=-19 comm="sh"

      """)
    #expect(records.first?.point == .bindStoreReturn)
    #expect(records.first?.result == -19)
  }

  @Test(
    "both ways of scheduling are one point, and name the function without its offset",
    arguments: ["async_schedule_node", "async_schedule_node__0_1"])
  func scheduling(event: String) throws {
    let records = TraceParser.parse(
      """
          kworker/u8:8-118     [001] .....    10.174799: \(event): (async_schedule_dev_nocall+0x4/0x80) fn=__device_attach_async_helper+0x0/0x160 dev=0xff2c8ce37c72b1c0 comm="kworker/u8:8"

      """)
    #expect(records.first?.point == .schedule)
    #expect(records.first?.function == "__device_attach_async_helper")
    #expect(records.first?.device == 0xff2c_8ce3_7c72_b1c0)
  }

  @Test("a command can look like the rest of a record")
  func hostileCommand() throws {
    let records = TraceParser.parse(
      """
         a-1 [9] x: b"-77      [001] .....    10.000001: driver_bound: (driver_bound+0x0/0xc0) dev=0x10 name="d" comm="a-1 [9] x: b""

      """)
    #expect(records.first?.pid == 77)
    #expect(records.first?.command == "a-1 [9] x: b\"")
  }

  @Test("stacks find their records though another CPU's come between")
  func interleavedStacks() throws {
    let records = TraceParser.parse(
      """
          sh-10     [000] .....     1.000001: driver_bound: (driver_bound+0x0/0xc0) dev=0x1 name="a" comm="sh"
          sh-20     [001] .....     1.000002: driver_bound: (driver_bound+0x0/0xc0) dev=0x2 name="b" comm="sh"
          sh-10     [000] .....     1.000003: <stack trace>
       => driver_bound
       => drivers_probe_store
          sh-20     [001] .....     1.000004: <stack trace>
       => driver_bound
       => bind_store

      """)
    #expect(records.map { $0.stack.last } == ["drivers_probe_store", "bind_store"])
  }

  @Test("a deferral carries who asked for it, also where the compiler split the function")
  func deferralWithStack() throws {
    let records = TraceParser.parse(
      """
                    sh-112     [000] .....     3.000001: driver_deferred_probe_add: (driver_deferred_probe_add+0x4/0x30) dev=0xff01 name="c" comm="sh"
                    sh-112     [000] .....     3.000002: <stack trace>
       => kprobe_ftrace_handler
       => driver_deferred_probe_add
       => device_links_driver_bound
       => driver_bound
                    sh-112     [000] .....     3.000003: driver_deferred_probe_add__0_1: (driver_deferred_probe_add.part.0+0x0/0x80) dev=0xff01 name="c" comm="sh"
                    sh-112     [000] .....     3.000004: <stack trace>
       => kprobe_ftrace_handler
       => 0xffffffffc051a0de
       => driver_deferred_probe_add.part.0
       => device_links_driver_bound
       => driver_bound

      """)
    #expect(records.map(\.point) == [.deferredAdd, .deferredAdd])
    #expect(records[0].stack.first == "driver_deferred_probe_add")
    #expect(
      records[1].stack == [
        "driver_deferred_probe_add.part.0", "device_links_driver_bound", "driver_bound",
      ])
  }

  @Test(
    "what was written into driver_override: one line, nothing, or not to be read",
    arguments: [
      ("\"none\"", "none"), ("\"none\n\"", "none"), ("\"\n\"", ""), ("\"\"", ""), ("(fault)", nil),
    ] as [(String, String?)])
  func overrideValue(written: String, value: String?) throws {
    let records = TraceParser.parse(
      """
                    sh-112     [000] .....     3.000001: driver_override_set__0_1: (__device_set_driver_override+0x4/0x130) dev=0xff01 name="pcspkr" drv=\(written) comm="sh"
                    sh-112     [000] .....     3.000002: driver_override_set_return__0_1: (driver_override_store+0x1a/0x30 <- __device_set_driver_override) ret=0 comm="sh"

      """)
    #expect(records.map(\.point) == [.overrideSet, .overrideSetReturn])
    #expect(records[0].device == 0xff01)
    #expect(records[0].driver == value)
    #expect(records[1].result == 0)
  }

  @Test("a detach that another function tells names it")
  func otherDetach() {
    let records = TraceParser.parse(
      """
          sh-112     [000] .....     3.000001: device_unbind_cleanup: (device_unbind_cleanup+0x0/0x30) dev=0xff01 name="pcspkr" comm="sh"
          sh-112     [000] .....     3.000002: device_unbind_cleanup__1_0: (device_links_driver_cleanup+0x0/0x30) dev=0xff01 name="pcspkr" comm="sh"

      """)
    #expect(records.map(\.point) == [.cleanup, .cleanup])
    #expect(records.map(\.function) == [nil, "device_links_driver_cleanup"])
  }

  @Test("the tracepoint tells of the deferred worker alone")
  func queueing() {
    let records = TraceParser.parse(
      """
          sh-112     [000] d....     3.000001: workqueue_queue_work: work struct=00000000a1 function=deferred_probe_work_func workqueue=events_unbound req_cpu=8192 cpu=4294967295
          sh-112     [000] d....     3.000002: workqueue_queue_work: work struct=00000000a1 function=async_run_entry_fn workqueue=async req_cpu=8192 cpu=4294967295

      """)
    #expect(records.map(\.point) == [.deferredTrigger])
    #expect(records.first?.function == "deferred_probe_work_func")
  }

  @Test("the bus and the value of drivers_autoprobe")
  func autoprobe() throws {
    let records = TraceParser.parse(
      """
                    sh-112     [000] .....     3.000001: drivers_autoprobe_store: (drivers_autoprobe_store+0x0/0x30) name="platform" drv="0
      " comm="sh"
                    sh-112     [000] .....     3.000002: drivers_autoprobe_store_return: (kernfs_fop_write_iter+0x12e/0x200 <- drivers_autoprobe_store) ret=2 comm="sh"

      """)
    #expect(records.map(\.point) == [.autoprobeStore, .autoprobeStoreReturn])
    #expect(records[0].name == "platform")
    #expect(records[0].driver == "0")
  }

  @Test("a device that has no name yet is added all the same")
  func namelessDevice() throws {
    let records = TraceParser.parse(
      """
                    sh-112     [000] .....     3.000001: device_add: (device_add+0x0/0x6d0) dev=0xff01 name=(fault) comm="sh"
                    sh-112     [000] .....     3.000002: device_add_return: (device_register+0x1a/0x20 <- device_add) ret=-22 comm="sh"
                    sh-112     [000] .....     3.000003: deferred_probe_work_func: (deferred_probe_work_func+0x0/0xd0) comm="kworker/u8:1"

      """)
    #expect(records.map(\.point) == [.deviceAdd, .deviceAddReturn, .deferredWork])
    #expect(records[0].device == 0xff01)
    #expect(records[0].name == nil)
    #expect(records[1].result == -22)
  }

  @Test("a record of ours that cannot be read is lost evidence, not nothing")
  func unreadableRecord() {
    var parser = TraceParser()
    let text = """
          sh-10     [000] .....     1.000001: driver_bound: (driver_bound+0x0/0xc0) dev=0xzz name="a" comm="sh"
          sh-10     [000] .....     1.000002: unbind_store_return: (a+0x1/0x2 <- unbind_store) comm="sh"
          sh-10     [000] .....     1.000003: somebody_elses: (a+0x1/0x2) x=1

      """
    let records = parser.parse(Array(text.utf8))
    #expect(records.isEmpty)
    #expect(parser.unreadable == 2)
  }
}

/// By which a recording is known to go on.
@Suite struct PulseTests {
  /// drivers_autoprobe of a bus is read by a process.
  private func read(_ bus: String, pid: Int32) -> [UInt8] {
    Array(
      "        bindrace-\(pid)     [000] .....     8.672843: pulse: (drivers_autoprobe_show+0x0/0x30) name=\"\(bus)\" comm=\"bindrace\"\n"
        .utf8)
  }

  private static let unbind = Array(
    "              sh-209     [000] .....     8.672946: unbind_store: (unbind_store+0x4/0xb0) drv=\"sd\" name=\"0:0:0:0\" comm=\"sh\"\n"
      .utf8)

  @Test("our read of the bus that nobody races is one, and no evidence")
  func ours() {
    var parser = TraceParser()
    let bytes = read("workqueue", pid: getpid()) + Self.unbind + read("workqueue", pid: getpid())
    #expect(parser.parseOn(bytes, isDone: true).map(\.point) == [.unbindStore])
    #expect(parser.pulses == 2)
  }

  @Test("a pattern that looks at the bus it races on does not pass for one")
  func otherBus() {
    var parser = TraceParser()
    #expect(parser.parseOn(read("scsi", pid: getpid()), isDone: true).isEmpty)
    #expect(parser.pulses == 0)
  }

  @Test("who else reads that bus does not pass for us")
  func otherProcess() {
    var parser = TraceParser()
    #expect(parser.parseOn(read("workqueue", pid: 1), isDone: true).isEmpty)
    #expect(parser.pulses == 0)
  }

  @Test("one that comes behind a record without its stack yet is seen at once")
  func behindWaiting() {
    var parser = TraceParser()
    let bound = Array(
      "     kworker/u8:8-114     [000] .....     8.672843: driver_bound: (driver_bound+0x0/0xc0) dev=0xff2360c4fb10d1c0 name=\"0:0:0:0\" comm=\"kworker/u8:8\"\n"
        .utf8)
    #expect(
      parser.parseOn(bound + read("workqueue", pid: getpid()), isDone: false).isEmpty)
    #expect(parser.isWaiting)
    #expect(parser.pulses == 1)
  }
}

/// A busy host writes megabytes in a cycle, and a guest is ten times slower than this test.
@Suite struct TraceParserSpeedTests {
  @Test("each record counts as read, also another's and a stack, and no line that goes on with one")
  func begun() {
    var parser = TraceParser()
    let first = """
           sh-7 [000] ..... 1.000001: unbind_store: (unbind_store+0x0/0x10) name="a
      b" comm="sh"
      kworker/1-9 [001] d..1. 1.000002: other: (other+0x0/0x10) comm="kworker/1"

      """
    let second = """
      kworker/1-9 [001] d..1. 1.000003: <stack trace>
       => other
       => ret_from_fork
      CPU:1 [LOST 5 EVENTS]

      """
    _ = parser.parseOn(Array(first.utf8), isDone: false)
    #expect(parser.begun == 2)
    _ = parser.parseOn(Array(second.utf8), isDone: true)
    #expect(parser.begun == 3)
  }

  @Test("what the kernel counts of all buffers is added up")
  func counters() {
    var counters = TraceInstance.Counters()
    #expect(counters.read == nil)
    for cpu in 0...1 {
      counters.add(
        stats: """
          entries: 4
          overrun: \(cpu)
          commit overrun: 0
          bytes: 300
          oldest event ts: 12.345678
          now ts: 13.345678
          dropped events: 2
          read events: 10\(cpu)

          """)
    }
    #expect(counters.overrun == 5)
    #expect(counters.read == 201)
  }

  @Test("10,000 records are read in a few seconds even without optimisation")
  func manyRecords() {
    let line =
      "              sh-112     [000] .....    11.636489: bind_store: (bind_store+0x0/0x110) drv=\"sd\" name=\"0:0:0:0\n\" comm=\"sh\"\n"
    let text = Array(String(repeating: line, count: 10_000).utf8)
    var parser = TraceParser()
    let start = Self.cpuSeconds
    #expect(parser.parse(text).count == 10_000)
    #expect(Self.cpuSeconds - start < 20)
  }

  /// What this thread has computed so far: others of a busy machine do not count.
  private static var cpuSeconds: Int {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec
  }
}

@Suite struct KprobeProfileTests {
  @Test("misses are those of our own group, though events of another have the same names")
  func missesOfOurGroup() {
    let events = """
      p:other/driver_bound driver_bound comm=$comm
      p:bindrace_7/driver_bound driver_bound comm=$comm
      r4096:bindrace_7/really_probe_return really_probe ret=$retval:s64
      """
    let profile = """
        driver_bound                                 12               5
        driver_bound                                 12               0
        really_probe_return                          20             681
      """
    #expect(KprobeProfile.missed(events: events, profile: profile, group: "bindrace_7") == 681)
    #expect(KprobeProfile.missed(events: events, profile: profile, group: "other") == 5)
    #expect(KprobeProfile.missed(events: events, profile: profile, group: "bindrace_70") == 0)
  }
}
