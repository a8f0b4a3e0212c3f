internal import Evidence

/// By which ways each fact can be told. This is all that bindrace knows of the places in a kernel: another
/// kernel is a line or two here.
///
/// The first way of which a kernel has a place is taken, with all places of it that are there; where these do
/// not tell what they should, the next is.
struct FactRow: Sendable {
  let fact: Fact
  let ways: [Way]

  private init(_ fact: Fact, _ ways: Way...) {
    self.fact = fact
    self.ways = ways
  }

  /// Places that tell a fact together.
  struct Way: Sendable, ExpressibleByArrayLiteral {
    let places: [Place]
    /// Functions of which a kernel has one where this way can serve; empty for any kernel.
    let needs: Set<String>

    init(_ places: [Place], needs: Set<String> = []) {
      self.places = places
      self.needs = needs
    }

    init(arrayLiteral places: Place...) { self.init(places) }
  }

  /// By these the stack of a function is walked past the return probes of its callers (since 5.16); before,
  /// it ends there.
  private static let walkers: Set<String> = ["kretprobe_find_ret_addr", "rethook_find_ret_addr"]

  private static let device = "dev=$arg1:x64 name=+0(+0($arg1)):string"
  private static let driver = "drv=+0(+0($arg1)):string"
  private static let written = "drv=+0(+0($arg1)):string name=+0($arg2):string"
  /// What is written goes to `drv`, since `name` is the device's or the bus's.
  private static func value(_ argument: String) -> String { "drv=+0(\(argument)):string" }
  private static let count = "ret=$retval:s64"
  /// The upper half of the register says nothing about an int.
  private static let status = "ret=$retval:s32"

  static let all: [FactRow] = [
    FactRow(.unbind, [.call("unbind_store", .unbindStore, written, .unbindStoreReturn, count)]),
    FactRow(.bind, [.call("bind_store", .bindStore, written, .bindStoreReturn, count)]),
    FactRow(
      .driversProbe,
      [
        .call(
          "drivers_probe_store", .driversProbeStore, "name=+0($arg2):string",
          .driversProbeStoreReturn, count)
      ]),
    FactRow(
      .release,
      [.at("device_release_driver_internal", .release, device)],
      // On 5.10 that is inlined into these, which come before the lock too.
      [
        .at("device_driver_detach", .release, device),
        .at("device_release_driver", .release, device),
        .at("device_release_driver_internal", .release, device),
      ]),
    // Its one caller is the release (__device_release_driver()), under the device's lock. Where consumers
    // are busy, the lock is let go for them, and it is called again.
    FactRow(.hold, [.at("device_links_busy", .hold, device)]),
    FactRow(
      .detach,
      // Since 5.16. It has two callers: Timeline takes the one in the release, and so with the last.
      [.at("device_unbind_cleanup", .cleanup, device)],
      // Its one caller is the release (__device_release_driver()).
      [.at("device_links_driver_cleanup", .cleanup, device)],
      [.at("devres_release_all", .cleanup, device)]),
    FactRow(
      .probe,
      Way(
        [
          .call(
            "really_probe", .reallyProbe, device + " drv=+0(+0($arg2)):string",
            .reallyProbeReturn, status)
        ], needs: walkers),
      // Without a return probe: it comes to one of these, unless the driver was not even tried.
      [
        .at("really_probe", .reallyProbe, device + " drv=+0(+0($arg2)):string"),
        .at("device_links_driver_bound", .reallyProbeReturn, device),
        .at("device_links_no_driver", .reallyProbeReturn, device),
      ],
      // Its one caller, since 5.15.
      Way(
        [.call("__driver_probe_device", .reallyProbe, probed, .reallyProbeReturn, status)],
        needs: walkers)),
    FactRow(
      .attach,
      [.at("driver_bound", .bound, device)],
      // KOBJ_BIND: the last that driver_bound() does.
      [.at("kobject_uevent", .bound, device + " act=$arg2:u32", filter: "act == 6")]),
    FactRow(
      .schedule,
      [
        .at("async_schedule_node", .schedule, scheduled),
        .at("async_schedule_dev_nocall", .schedule, scheduled),  // of devices, since 6.8
      ],
      // Both come to it.
      [.at("__async_schedule_node_domain", .schedule, scheduled)]),
    FactRow(
      .deviceHelper,
      [.call("__device_attach_async_helper", .deviceHelper, device, .deviceHelperReturn)]),
    FactRow(
      .driverHelper,
      [.call("__driver_attach_async_helper", .driverHelper, device, .driverHelperReturn)]),
    // Where a compiler split it, its callers in dd.c call the part alone. Where both are hit, one deferral
    // has two records, which says nothing else than one. It returns at once where no driver matched yet, or
    // where the device is on the list: an entry alone is no deferral (Timeline.isDeferred()).
    FactRow(.deferral, [.at("driver_deferred_probe_add", .deferredAdd, device)]),
    FactRow(.undeferral, [.at("driver_deferred_probe_del", .deferredDelete, device)]),
    FactRow(
      .retry,
      [.at("driver_deferred_probe_trigger", .deferredTrigger, "")],
      // Inlined on 5.10: what it does in the end is to queue the worker.
      [.queued("deferred_probe_work_func", .deferredTrigger)]),
    FactRow(
      .worker, [.call("deferred_probe_work_func", .deferredWork, "", .deferredWorkReturn)]),
    FactRow(
      .override,
      [
        .call(
          "driver_set_override", .overrideSet, device + " " + value("$arg3"),  // 5.19 to 6.x
          .overrideSetReturn, status),
        // Where the bus has a flag for it (6.12.117), and everywhere since 7.0.
        .call(
          "__device_set_driver_override", .overrideSet, device + " " + value("$arg2"),
          .overrideSetReturn, status),
      ],
      // Before 5.19 each bus has a function of its own, which is called through its attribute.
      [
        .call(
          "dev_attr_store", .overrideSet,
          device + " " + value("$arg3") + " attr=+0(+0($arg2)):string", .overrideSetReturn, count,
          filter: #"attr == "driver_override""#)
      ]),
    FactRow(
      .autoprobe,
      [
        .call(
          "drivers_autoprobe_store", .autoprobeStore,
          "name=+0(+0($arg1)):string " + value("$arg2"), .autoprobeStoreReturn, count)
      ]),
    FactRow(.addition, [.call("device_add", .deviceAdd, device, .deviceAddReturn, status)]),
    FactRow(.removal, [.call("device_del", .deviceDelete, device, .deviceDeleteReturn)]),
    FactRow(
      .registration,
      [.call("bus_add_driver", .registerDriver, driver, .registerDriverReturn, status)],
      [.call("driver_register", .registerDriver, driver, .registerDriverReturn, status)]),
    FactRow(
      .unregistration,
      [.call("bus_remove_driver", .unregisterDriver, driver, .unregisterDriverReturn)],
      [.call("driver_unregister", .unregisterDriver, driver, .unregisterDriverReturn)]),
    // Reading drivers_autoprobe of a bus changes nothing and waits for nobody.
    FactRow(.recording, [.at("drivers_autoprobe_show", .pulse, "name=+0(+0($arg1)):string")]),
  ]

  private static let scheduled = "fn=$arg1:symbol dev=$arg2:x64"
  private static let probed =
    "dev=$arg2:x64 name=+0(+0($arg2)):string drv=+0(+0($arg1)):string"

  /// Every function that a way names.
  static let functions = Set(
    all.flatMap { $0.ways.flatMap { way in way.places.map(\.function) + way.needs } })

  /// The function that tells a detach by that way; nil for the first, where nothing needs to be said.
  static func detachFunction(way: Int) -> String? {
    guard way > 0, let row = all.first(where: { $0.fact == .detach }), way < row.ways.count else {
      return nil
    }
    return row.ways[way].places.first?.function
  }
}
