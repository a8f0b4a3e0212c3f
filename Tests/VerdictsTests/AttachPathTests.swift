import Evidence
import Testing

@testable import Verdicts

/// Which function on a stack says which way a driver was attached.
@Suite struct AttachPathTests {
  static let proofs: [(function: String, kind: AttachPath.Kind)] = [
    ("__device_attach_async_helper", .deviceHelper),
    ("__driver_attach_async_helper", .driverHelper), ("deferred_probe_work_func", .deferredWorker),
    ("bind_store", .bind), ("drivers_probe_store", .driversProbe), ("new_id_store", .newID),
    ("bus_rescan_devices", .rescan), ("bus_rescan_devices_helper", .rescan),
    ("device_reprobe", .rescan), ("__driver_attach", .registration),
    ("bus_add_driver", .registration), ("device_add", .deviceAdd),
    ("pci_bus_add_device", .deviceAdd),
  ]

  @Test("each function alone, also where the compiler split it", arguments: proofs)
  func proof(_ function: String, _ kind: AttachPath.Kind) throws {
    for name in [function, function + ".isra.0"] {
      let path = try #require(AttachPath(stack: ["driver_bound", name, "vfs_write"]))
      #expect(path.kind == kind)
      #expect(path.function == function)
    }
    let record = TraceRecord(
      time: Time(nanoseconds: 1), pid: 1, command: "sh", point: .bound, stack: [function])
    #expect(record.attachFunction == function)
  }

  @Test("what attaches on behalf of another is called as that other")
  func behalf() {
    #expect(AttachPath(stack: ["__driver_attach", "new_id_store"])?.kind == .newID)
    #expect(
      AttachPath(stack: ["bus_rescan_devices_helper", "drivers_probe_store"])?.kind
        == .driversProbe)
    #expect(
      AttachPath(stack: ["bus_rescan_devices_helper", "bus_rescan_devices"])?.function
        == "bus_rescan_devices")
    #expect(AttachPath(stack: ["__driver_attach", "bind_store"])?.kind == .registration)
  }

  @Test("only the helpers and the worker are passive")
  func passive() {
    for (function, kind) in Self.proofs {
      let isPassive = [.deviceHelper, .driverHelper, .deferredWorker].contains(kind)
      #expect(AttachPath(stack: [function])?.isPassive == isPassive)
    }
  }
}
