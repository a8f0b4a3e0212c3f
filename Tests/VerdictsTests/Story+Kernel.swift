import Evidence

@testable import Verdicts

/// The ways to driver_bound(), innermost first, as stock kernels have them (without its own frames).
enum Way {
  case bind, driversProbe, deviceHelper, driverHelper, worker, registration, deviceAdd, rescan, link
  case inlinedRescan
  case unknown, unknownThread, threadRegistration, cutHelper

  private static let thread = ["process_one_work", "worker_thread", "kthread", "ret_from_fork"]
  private static let write = ["kernfs_fop_write_iter", "vfs_write", "ksys_write"]
  private static let attach = ["__device_attach_driver", "bus_for_each_drv", "__device_attach"]

  var frames: [String] {
    switch self {
    case .bind: ["device_driver_attach", "bind_store"] + Self.write
    case .driversProbe:
      Self.attach + ["bus_rescan_devices_helper", "drivers_probe_store"] + Self.write
    case .deviceHelper:
      ["__device_attach_driver", "bus_for_each_drv", "__device_attach_async_helper"]
        + ["async_run_entry_fn"] + Self.thread
    case .driverHelper: ["__driver_attach_async_helper", "async_run_entry_fn"] + Self.thread
    case .worker:
      Self.attach + ["bus_probe_device", "deferred_probe_work_func"] + Self.thread
    case .registration:
      [
        "__driver_attach", "bus_for_each_dev", "bus_add_driver", "driver_register",
        "do_init_module",
      ]
    case .deviceAdd: Self.attach + ["bus_probe_device", "device_add", "scsi_sysfs_add_sdev"]
    case .rescan:
      Self.attach + ["bus_rescan_devices_helper", "bus_for_each_dev", "bus_rescan_devices"]
    // ThinLTO, of the fixture's rescan.
    case .inlinedRescan:
      Self.attach + ["bus_rescan_devices_helper", "bus_for_each_dev", "rescan_store"] + Self.write
    case .link: ["device_links_driver_bound", "driver_bound", "really_probe", "bind_store"]
    case .threadRegistration: ["__driver_attach", "bus_add_driver"] + Self.thread
    case .cutHelper: ["__device_attach_async_helper"]
    case .unknown: ["new_function"]
    case .unknownThread: ["new_function"] + Self.thread
    }
  }
}

extension Story {
  // MARK: really_probe() and its end

  mutating func probeBegins(
    pid: Int32, command: String? = nil, driver: String = "sd", device: UInt64 = Story.device
  ) {
    add(
      .reallyProbe, pid: pid, command: command, device: device, name: Self.name(device),
      driver: driver)
  }

  mutating func probeSucceeds(
    pid: Int32, command: String? = nil, by way: Way, driver: String = "sd",
    device: UInt64 = Story.device
  ) {
    bound(pid: pid, command: command, by: way, device: device)
    endsBound(pid: pid, command: command, driver: driver, device: device)
  }

  /// driver_bound() as far as the device's links, which come first in it.
  mutating func bound(
    pid: Int32, command: String? = nil, by way: Way, device: UInt64 = Story.device
  ) {
    add(
      .bound, pid: pid, command: command, device: device, name: Self.name(device),
      stack: ["driver_bound", "really_probe"] + way.frames)
  }

  mutating func endsBound(
    pid: Int32, command: String? = nil, driver: String = "sd", device: UInt64 = Story.device
  ) {
    add(
      .deferredDelete, pid: pid, command: command, device: device, name: Self.name(device))
    add(.deferredTrigger, pid: pid, command: command)
    if device == Self.device {
      uevent(.bind)
      driverAtEnd = driver
    }
    add(.reallyProbeReturn, pid: pid, command: command, result: 0)
  }

  /// A probe that fails cleans up as a detach does. One that asks to be deferred (517) is put on the
  /// list by driver_probe_device(), which `bind` does not go through.
  mutating func probeFails(
    pid: Int32, by way: Way, error: Int64 = 517, device: UInt64 = Story.device
  ) {
    add(.cleanup, pid: pid, device: device, name: Self.name(device))
    add(.reallyProbeReturn, pid: pid, result: error)
    if error == 517 && way != .bind { deferred(pid: pid, by: way, device: device) }
  }

  mutating func attached(
    pid: Int32, command: String? = nil, by way: Way, driver: String = "sd",
    device: UInt64 = Story.device
  ) {
    probeBegins(pid: pid, command: command, driver: driver, device: device)
    probeSucceeds(pid: pid, command: command, by: way, driver: driver, device: device)
  }

  // MARK: device_release_driver_internal() and its end

  mutating func releaseBegins(
    pid: Int32, command: String? = nil, device: UInt64 = Story.device
  ) {
    add(.release, pid: pid, command: command, device: device, name: Self.name(device))
  }

  mutating func cleansUp(pid: Int32, command: String? = nil, device: UInt64 = Story.device) {
    add(.cleanup, pid: pid, command: command, device: device, name: Self.name(device))
    guard device == Self.device else { return }
    uevent(.unbind)
    driverAtEnd = nil
  }

  /// The release has the device's lock.
  mutating func holds(pid: Int32, command: String? = nil, device: UInt64 = Story.device) {
    add(.hold, pid: pid, command: command, device: device, name: Self.name(device))
  }

  mutating func detached(pid: Int32, command: String? = nil, device: UInt64 = Story.device) {
    releaseBegins(pid: pid, command: command, device: device)
    holds(pid: pid, command: command, device: device)
    cleansUp(pid: pid, command: command, device: device)
  }

  // MARK: Asynchronous helpers

  mutating func scheduled(
    _ function: String = "__device_attach_async_helper", pid: Int32 = 5, command: String? = nil
  ) {
    add(.schedule, pid: pid, command: command, device: Self.device, function: function)
  }

  mutating func scheduledByLoad(pid: Int32 = Story.child) {
    scheduled("__driver_attach_async_helper", pid: pid)
  }

  mutating func helperStarts(pid: Int32 = Story.helper, _ point: TracePoint = .deviceHelper) {
    add(point, pid: pid, device: Self.device, name: Self.name(Self.device))
  }

  mutating func helperAttaches(pid: Int32 = Story.helper) { attached(pid: pid, by: .deviceHelper) }

  mutating func helperEnds(pid: Int32 = Story.helper, _ point: TracePoint = .deviceHelperReturn) {
    add(point, pid: pid)
  }

  /// All of a device-side helper that attaches.
  mutating func helperRuns() {
    helperStarts()
    helperAttaches()
    helperEnds()
  }

  /// All of a driver-side helper that attaches.
  mutating func driverHelperRuns(driver: String = "sd", pid: Int32 = Story.helper) {
    helperStarts(pid: pid, .driverHelper)
    attached(pid: pid, by: .driverHelper, driver: driver)
    helperEnds(pid: pid, .driverHelperReturn)
  }

  // MARK: The deferred list

  mutating func deferred(
    pid: Int32, command: String? = nil, by way: Way, device: UInt64 = Story.device
  ) {
    add(
      .deferredAdd, pid: pid, command: command, device: device, name: Self.name(device),
      stack: ["driver_deferred_probe_add.part.0"] + way.frames)
  }

  mutating func workerBegins(pid: Int32 = Story.worker) { add(.deferredWork, pid: pid) }

  mutating func workerEnds(pid: Int32 = Story.worker) { add(.deferredWorkReturn, pid: pid) }

  mutating func workerAttaches(pid: Int32 = Story.worker) { attached(pid: pid, by: .worker) }

  /// All of a run that attaches.
  mutating func workerRuns() {
    workerBegins()
    workerAttaches()
    workerEnds()
  }

  /// `drivers_probe` of a device whose driver asks to be deferred.
  mutating func driversProbeDefers(pid: Int32 = Story.racer) {
    begins(.driversProbe, pid: pid)
    probeBegins(pid: pid)
    probeFails(pid: pid, by: .driversProbe)
    returns(.driversProbe, pid: pid, error: 22)
  }
}
