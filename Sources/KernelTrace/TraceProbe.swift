internal import Evidence
internal import Glibc

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
  ///
  /// - Parameter error: why it could not be registered. `async_schedule_dev_nocall` came with 6.8;
  ///   where there is no such function (ENOENT) nothing is scheduled through it.
  func isEssential(error: Int32) -> Bool {
    if event == "async_schedule_dev_nocall" && error == ENOENT { return false }
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

  private static let device = "dev=$arg1:x64 name=+0(+0($arg1)):string"
  private static let written = "drv=+0(+0($arg1)):string name=+0($arg2):string"
  private static let result = "ret=$retval:s64"

  /// The point that an event's name stands for.
  static let points = Dictionary(uniqueKeysWithValues: all.map { ($0.event, $0.point) })

  static let all: [TraceProbe] = [
    entry(.bound, "driver_bound", device),
    entry(.reallyProbe, "really_probe", device + " drv=+0(+0($arg2)):string"),
    exit(.reallyProbeReturn, "really_probe", result),
    entry(.release, "device_release_driver_internal", device),
    entry(.cleanup, "device_unbind_cleanup", device),
    entry(.schedule, "async_schedule_node", "fn=$arg1:symbol dev=$arg2:x64"),
    TraceProbe(
      event: "async_schedule_dev_nocall", point: .schedule, function: "async_schedule_dev_nocall",
      isReturn: false, arguments: "fn=$arg1:symbol dev=$arg2:x64"),
    entry(.deviceHelper, "__device_attach_async_helper", device),
    exit(.deviceHelperReturn, "__device_attach_async_helper"),
    entry(.driverHelper, "__driver_attach_async_helper", device),
    exit(.driverHelperReturn, "__driver_attach_async_helper"),
    entry(.deferredAdd, "driver_deferred_probe_add", device),
    entry(.deferredDelete, "driver_deferred_probe_del", device),
    entry(.bindStore, "bind_store", written),
    exit(.bindStoreReturn, "bind_store", result),
    entry(.unbindStore, "unbind_store", written),
    exit(.unbindStoreReturn, "unbind_store", result),
    entry(.driversProbeStore, "drivers_probe_store", "name=+0($arg2):string"),
    exit(.driversProbeStoreReturn, "drivers_probe_store", result),
  ]
}
