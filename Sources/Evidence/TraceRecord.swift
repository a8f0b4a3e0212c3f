/// The places in the driver core that are probed. The raw value is the name of the kprobe event.
public enum TracePoint: String, Sendable, Codable, CaseIterable {
  case bound = "driver_bound"
  case reallyProbe = "really_probe"
  case reallyProbeReturn = "really_probe_return"
  case release = "device_release_driver_internal"
  /// A release has the device's lock.
  case hold = "device_links_busy"
  case cleanup = "device_unbind_cleanup"
  case schedule = "async_schedule_node"
  case deviceHelper = "device_attach_async_helper"
  case deviceHelperReturn = "device_attach_async_helper_return"
  case driverHelper = "driver_attach_async_helper"
  case driverHelperReturn = "driver_attach_async_helper_return"
  case deferredAdd = "driver_deferred_probe_add"
  case deferredDelete = "driver_deferred_probe_del"
  case bindStore = "bind_store"
  case bindStoreReturn = "bind_store_return"
  case unbindStore = "unbind_store"
  case unbindStoreReturn = "unbind_store_return"
  case driversProbeStore = "drivers_probe_store"
  case driversProbeStoreReturn = "drivers_probe_store_return"
  /// `driver_override` of a device is written; the record's `driver` is the value.
  case overrideSet = "driver_override_set"
  case overrideSetReturn = "driver_override_set_return"
  case autoprobeStore = "drivers_autoprobe_store"
  case autoprobeStoreReturn = "drivers_autoprobe_store_return"
  case deviceAdd = "device_add"
  case deviceAddReturn = "device_add_return"
  case deviceDelete = "device_del"
  case deviceDeleteReturn = "device_del_return"
  /// A driver is registered with its bus, which attaches it to the devices there.
  case registerDriver = "bus_add_driver"
  case registerDriverReturn = "bus_add_driver_return"
  case unregisterDriver = "bus_remove_driver"
  case unregisterDriverReturn = "bus_remove_driver_return"
  /// The deferred devices are to be tried again.
  case deferredTrigger = "driver_deferred_probe_trigger"
  /// A run of the deferred worker, over all devices that are to be tried again.
  case deferredWork = "deferred_probe_work_func"
  case deferredWorkReturn = "deferred_probe_work_func_return"
  /// What bindrace reads to see that the recording goes on.
  case pulse = "pulse"
}

/// One record of the kernel's trace. The order of records in an array is the order of facts.
public struct TraceRecord: Sendable, Codable, Equatable {
  public var time: Time
  /// The thread that was running (task_struct.pid).
  public var pid: Int32
  public var command: String
  public var point: TracePoint
  /// The address of the struct device; the identity of a device, as names are reused.
  public var device: UInt64?
  /// The device's name, or what was written into bind, unbind or drivers_probe.
  public var name: String?
  /// The driver's name; for `overrideSet` what was written, up to a newline (empty clears it), for
  /// `autoprobeStore` too.
  public var driver: String?
  /// The function scheduled; for `cleanup` the function that tells the detach, where it is not
  /// device_unbind_cleanup(); for `deferredTrigger` the work queued, where that tells it.
  public var function: String?
  /// The value returned (return probes only).
  public var result: Int64?
  /// Innermost function first, without offsets (`bound` and `deferredAdd` only).
  public var stack: [String]

  public init(
    time: Time, pid: Int32, command: String, point: TracePoint, device: UInt64? = nil,
    name: String? = nil, driver: String? = nil, function: String? = nil, result: Int64? = nil,
    stack: [String] = []
  ) {
    self.time = time
    self.pid = pid
    self.command = command
    self.point = point
    self.device = device
    self.name = name
    self.driver = driver
    self.function = function
    self.result = result
    self.stack = stack
  }
}
