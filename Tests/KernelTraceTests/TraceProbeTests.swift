import Evidence
import Testing

@testable import KernelTrace

/// How places are probed, as kprobe_events is told.
@Suite struct TraceProbeTests {
  private func definitions(_ point: TracePoint) -> [String] {
    TraceProbe.all.filter { $0.point == point }.map { $0.definition(group: "g") }
  }

  @Test("every point is probed, and each event has a name of its own")
  func everyPoint() {
    for point in TracePoint.allCases { #expect(!definitions(point).isEmpty) }
    #expect(TraceProbe.points.count == TraceProbe.all.count)
  }

  @Test("driver_override is set by one function on 6.1 and by another on 6.12")
  func overrides() {
    #expect(
      definitions(.overrideSet) == [
        "p:g/driver_override_set driver_set_override dev=$arg1:x64 name=+0(+0($arg1)):string drv=+0($arg3):string comm=$comm",
        "p:g/device_set_driver_override __device_set_driver_override dev=$arg1:x64 name=+0(+0($arg1)):string drv=+0($arg2):string comm=$comm",
      ])
    #expect(
      definitions(.overrideSetReturn) == [
        "r4096:g/driver_override_set_return driver_set_override ret=$retval:s32 comm=$comm",
        "r4096:g/device_set_driver_override_return __device_set_driver_override ret=$retval:s32 comm=$comm",
      ])
  }

  @Test("where the compiler split a function, the part is probed as well")
  func parts() {
    #expect(
      definitions(.deferredAdd).contains { $0.contains(" driver_deferred_probe_add.part.0 ") })
    #expect(
      definitions(.deferredTrigger) == [
        "p:g/driver_deferred_probe_trigger driver_deferred_probe_trigger comm=$comm",
        "p:g/driver_deferred_probe_trigger_part driver_deferred_probe_trigger.part.0 comm=$comm",
      ])
  }

  @Test("only what another function stands in for may be absent")
  func alternatives() {
    #expect(
      TraceProbe.all.filter(\.isAlternative).map(\.function) == [
        "async_schedule_dev_nocall", "driver_deferred_probe_add.part.0",
        "driver_deferred_probe_trigger.part.0", "__device_set_driver_override",
        "__device_set_driver_override",
      ])
  }
}
