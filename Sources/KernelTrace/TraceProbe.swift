internal import Evidence

/// How one place in the driver core is probed: a line of kprobe_events
/// (Documentation/trace/kprobetrace.rst).
///
/// struct device begins with its kobject and that with the name; struct device_driver begins with
/// the name; so both names are two dereferences away on every kernel. `$comm` is taken with each
/// record, since the trace's own column comes from a small cache and can read "<...>".
struct TraceProbe {
  /// The name of the event, unique in its group.
  let event: String
  let point: TracePoint
  let function: String
  let isReturn: Bool
  let arguments: String

  /// Return probes that find no free slot are dropped in silence; this is the kernel's upper limit
  /// (KRETPROBE_MAXACTIVE_MAX), and the misses are counted all the same.
  private static let slots = 4096

  func definition(group: String) -> String {
    let kind = isReturn ? "r\(Self.slots)" : "p"
    let arguments = arguments.isEmpty ? "" : " \(arguments)"
    return "\(kind):\(group)/\(event) \(function)\(arguments) comm=$comm"
  }

  /// True when no verdict has the level `trace` without it.
  var isEssential: Bool {
    switch point {
    case .bound, .release, .cleanup, .schedule, .deviceHelper, .deviceHelperReturn, .driverHelper,
      .driverHelperReturn, .bindStore, .bindStoreReturn, .unbindStore, .unbindStoreReturn:
      return true
    case .reallyProbe, .reallyProbeReturn, .deferredAdd, .deferredDelete, .driversProbeStore,
      .driversProbeStoreReturn, .overrideSet, .overrideSetReturn, .autoprobeStore,
      .autoprobeStoreReturn, .deviceAdd, .deviceAddReturn, .deviceDelete, .deviceDeleteReturn,
      .registerDriver, .registerDriverReturn, .unregisterDriver, .unregisterDriverReturn,
      .deferredTrigger, .deferredWork, .deferredWorkReturn:
      return false
    }
  }

  /// True where a kernel that lacks the function (ENOENT) lacks nothing: it goes another way, which
  /// is probed too.
  var isAlternative: Bool { event != point.rawValue }

  /// True where each record carries the stack that led there.
  var hasStack: Bool { point.hasStack }

  private static func entry(_ point: TracePoint, _ function: String, _ arguments: String)
    -> TraceProbe
  {
    TraceProbe(
      event: point.rawValue, point: point, function: function, isReturn: false, arguments: arguments
    )
  }

  private static func exit(_ point: TracePoint, _ function: String, _ arguments: String = "")
    -> TraceProbe
  {
    TraceProbe(
      event: point.rawValue, point: point, function: function, isReturn: true, arguments: arguments)
  }

  /// Another function that leads to the same point, on some kernels.
  private static func alternative(
    _ point: TracePoint, _ function: String, event: String, isReturn: Bool = false,
    _ arguments: String
  ) -> TraceProbe {
    TraceProbe(
      event: event, point: point, function: function, isReturn: isReturn, arguments: arguments)
  }

  private static let device = "dev=$arg1:x64 name=+0(+0($arg1)):string"
  private static let written = "drv=+0(+0($arg1)):string name=+0($arg2):string"
  /// What is written goes to `drv`, since `name` is the device's or the bus's.
  private static func value(_ argument: String) -> String { "drv=+0(\(argument)):string" }
  private static let count = "ret=$retval:s64"
  /// The upper half of the register says nothing about an int.
  private static let status = "ret=$retval:s32"

  /// The point that an event's name stands for.
  static let points = Dictionary(uniqueKeysWithValues: all.map { ($0.event, $0.point) })

  static let all: [TraceProbe] = [
    entry(.bound, "driver_bound", device),
    entry(.reallyProbe, "really_probe", device + " drv=+0(+0($arg2)):string"),
    exit(.reallyProbeReturn, "really_probe", status),
    entry(.release, "device_release_driver_internal", device),
    entry(.cleanup, "device_unbind_cleanup", device),
    entry(.schedule, "async_schedule_node", "fn=$arg1:symbol dev=$arg2:x64"),
    // Since 6.8.
    alternative(
      .schedule, "async_schedule_dev_nocall", event: "async_schedule_dev_nocall",
      "fn=$arg1:symbol dev=$arg2:x64"),
    entry(.deviceHelper, "__device_attach_async_helper", device),
    exit(.deviceHelperReturn, "__device_attach_async_helper"),
    entry(.driverHelper, "__driver_attach_async_helper", device),
    exit(.driverHelperReturn, "__driver_attach_async_helper"),
    // A compiler can split these two, and its callers in dd.c then call the part alone. Where both
    // are hit, one deferral has two records, which says nothing else than one.
    entry(.deferredAdd, "driver_deferred_probe_add", device),
    alternative(
      .deferredAdd, "driver_deferred_probe_add.part.0", event: "driver_deferred_probe_add_part",
      device),
    entry(.deferredTrigger, "driver_deferred_probe_trigger", ""),
    alternative(
      .deferredTrigger, "driver_deferred_probe_trigger.part.0",
      event: "driver_deferred_probe_trigger_part", ""),
    entry(.deferredWork, "deferred_probe_work_func", ""),
    exit(.deferredWorkReturn, "deferred_probe_work_func"),
    entry(.deferredDelete, "driver_deferred_probe_del", device),
    entry(.bindStore, "bind_store", written),
    exit(.bindStoreReturn, "bind_store", count),
    entry(.unbindStore, "unbind_store", written),
    exit(.unbindStoreReturn, "unbind_store", count),
    entry(.driversProbeStore, "drivers_probe_store", "name=+0($arg2):string"),
    exit(.driversProbeStoreReturn, "drivers_probe_store", count),
    entry(.overrideSet, "driver_set_override", device + " " + value("$arg3")),
    exit(.overrideSetReturn, "driver_set_override", status),
    // Where the bus has a flag for it (6.12.117).
    alternative(
      .overrideSet, "__device_set_driver_override", event: "device_set_driver_override",
      device + " " + value("$arg2")),
    alternative(
      .overrideSetReturn, "__device_set_driver_override",
      event: "device_set_driver_override_return", isReturn: true, status),
    // struct bus_type begins with its name.
    entry(
      .autoprobeStore, "drivers_autoprobe_store",
      "name=+0(+0($arg1)):string " + value("$arg2")),
    exit(.autoprobeStoreReturn, "drivers_autoprobe_store", count),
    entry(.deviceAdd, "device_add", device),
    exit(.deviceAddReturn, "device_add", status),
    entry(.deviceDelete, "device_del", device),
    exit(.deviceDeleteReturn, "device_del"),
    entry(.registerDriver, "bus_add_driver", "drv=+0(+0($arg1)):string"),
    exit(.registerDriverReturn, "bus_add_driver", status),
    entry(.unregisterDriver, "bus_remove_driver", "drv=+0(+0($arg1)):string"),
    exit(.unregisterDriverReturn, "bus_remove_driver"),
  ]
}

extension TracePoint {
  /// True where how it was reached is evidence: who attached, and what deferred.
  var hasStack: Bool { self == .bound || self == .deferredAdd }
}
