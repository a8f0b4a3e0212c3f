import Evidence
import Testing

@testable import KernelTrace

/// The table of facts, and what a way of it comes to on a kernel.
@Suite struct FactTableTests {
  /// The kprobe events of a way, as kprobe_events is told.
  private func definitions(_ fact: Fact, way: Int = 0, kallsyms: String) throws -> [String] {
    let row = try #require(FactRow.all.first { $0.fact == fact })
    let symbols = KernelSymbols(FactRow.functions, text: kallsyms)
    var number: [TracePoint: Int] = [:]
    var reason: String?
    return row.ways[way].places.flatMap {
      $0.events(symbols, way: way, number: &number, reason: &reason)
    }.map { $0.definition(group: "g") }
  }

  @Test("every fact has a way, and every point belongs to one fact")
  func everyFact() {
    #expect(Set(FactRow.all.map(\.fact)) == Set(Fact.allCases))
    #expect(FactRow.all.count == Fact.allCases.count)
    let points = Fact.allCases.flatMap(\.points)
    #expect(Set(points) == Set(TracePoint.allCases))
    #expect(points.count == TracePoint.allCases.count)
  }

  @Test("each way of a fact tells all of its points, and no other")
  func wholeWays() {
    for row in FactRow.all {
      for way in row.ways {
        let told = way.places.flatMap { [$0.entry?.point, $0.exit?.point].compactMap(\.self) }
        #expect(Set(told) == Set(row.fact.points), "\(row.fact)")
      }
    }
  }

  @Test("driver_override is set by one function on 6.1 and by another on 7.3")
  func overrides() throws {
    #expect(
      try definitions(.override, kallsyms: "ffffffff81000000 T driver_set_override\n") == [
        "p:g/driver_override_set driver_set_override dev=$arg1:x64 name=+0(+0($arg1)):string drv=+0($arg3):string comm=$comm",
        "r4096:g/driver_override_set_return driver_set_override ret=$retval:s32 comm=$comm",
      ])
    #expect(
      try definitions(.override, kallsyms: "ffffffff81000000 T __device_set_driver_override\n")
        == [
          "p:g/driver_override_set __device_set_driver_override dev=$arg1:x64 name=+0(+0($arg1)):string drv=+0($arg2):string comm=$comm",
          "r4096:g/driver_override_set_return __device_set_driver_override ret=$retval:s32 comm=$comm",
        ])
  }

  @Test("where the compiler split a function, the parts that are called are probed as well")
  func parts() throws {
    let split = """
      ffffffff81000000 t driver_deferred_probe_add.part.0
      ffffffff81000100 T driver_deferred_probe_add
      ffffffff81000200 t driver_deferred_probe_add.cold

      """
    #expect(
      try definitions(.deferral, kallsyms: split) == [
        "p:g/driver_deferred_probe_add driver_deferred_probe_add.part.0 dev=$arg1:x64 name=+0(+0($arg1)):string comm=$comm",
        "p:g/driver_deferred_probe_add__0_1 driver_deferred_probe_add dev=$arg1:x64 name=+0(+0($arg1)):string comm=$comm",
      ])
  }

  @Test("an event's name tells its point and its way")
  func names() {
    for point in TracePoint.allCases {
      for (way, number) in [(0, 0), (0, 1), (2, 0), (3, 11)] {
        let told = ProbeEvent.point(of: ProbeEvent.name(point, way: way, number: number))
        #expect(told?.point == point)
        #expect(told?.way == way)
      }
    }
    #expect(ProbeEvent.point(of: "driver_bound__") == nil)
    #expect(ProbeEvent.point(of: "driver_bound__1") == nil)
    #expect(ProbeEvent.point(of: "sched_switch") == nil)
  }

  @Test("a name that a module has too is probed by its place, the module's own not at all")
  func sameNameInAModule() throws {
    let twins = """
      ffffffff81000000 T _stext
      ffffffff81234560 t unbind_store
      ffffffffc0001000 t unbind_store\t[twin]

      """
    let lines = try definitions(.unbind, kallsyms: twins)
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.contains(" _stext+0x234560 ") })
  }

  @Test("a name that the kernel has twice is probed at both places")
  func sameNameTwice() throws {
    let twins = """
      ffffffff81000000 T _stext
      ffffffff81234560 t bind_store
      ffffffff81334560 t bind_store

      """
    let lines = try definitions(.bind, kallsyms: twins)
    #expect(lines.count == 4)
    #expect(lines.count { $0.contains(" _stext+0x334560 ") } == 2)
  }

  @Test("where addresses are hidden, a name that is there twice cannot be probed, and that is said")
  func hiddenAddresses() throws {
    let symbols = KernelSymbols(
      FactRow.functions,
      text: "0000000000000000 t bind_store\n0000000000000000 t bind_store\n")
    let row = try #require(FactRow.all.first { $0.fact == .bind })
    var number: [TracePoint: Int] = [:]
    var reason: String?
    #expect(
      row.ways[0].places[0].events(symbols, way: 0, number: &number, reason: &reason).isEmpty)
    #expect(reason?.contains("hides addresses") ?? false)
  }
}
