public import Evidence

/// The way a driver was attached, read from the stack of `driver_bound` (docs/driver-core.md,
/// "Who attaches a driver").
struct AttachPath: Equatable {
  enum Kind: Equatable {
    case deviceHelper, driverHelper, deferredWorker
    case bind, driversProbe, newID, rescan, registration, deviceAdd
  }

  let kind: Kind
  /// The function on the stack that proves the path.
  let function: String

  /// The innermost function decides: a probe can add children, whose own attach then stands deeper.
  private static let proofs: [(function: String, kind: Kind)] = [
    ("__device_attach_async_helper", .deviceHelper),
    ("__driver_attach_async_helper", .driverHelper),
    ("deferred_probe_work_func", .deferredWorker),
    ("bind_store", .bind),
    ("drivers_probe_store", .driversProbe),
    ("new_id_store", .newID),
    ("bus_rescan_devices", .rescan),
    // A compiler can inline bus_rescan_devices() into who calls it.
    ("bus_rescan_devices_helper", .rescan),
    ("device_reprobe", .rescan),
    ("__driver_attach", .registration),
    ("bus_add_driver", .registration),
    ("device_add", .deviceAdd),
    ("pci_bus_add_device", .deviceAdd),
  ]

  /// Nil where the stack names none of the known ways.
  init?(stack: [String]) {
    // A compiler may split a function: "bind_store.isra.0".
    let names = stack.map { String($0.prefix { $0 != "." }) }
    let proofs = names.compactMap { name in Self.proofs.first { $0.function == name } }
    guard let innermost = proofs.first else { return nil }
    let next = proofs.dropFirst().first
    let proof =
      switch (innermost.function, next?.kind) {
      // new_id_store() attaches as a registration does, by __driver_attach().
      case ("__driver_attach", .newID): next!
      case ("bus_rescan_devices_helper", .driversProbe), ("bus_rescan_devices_helper", .rescan):
        next!
      default: innermost
      }
    kind = proof.kind
    function = proof.function
  }

  /// True where a kernel thread does it on behalf of others.
  var isPassive: Bool { helper != nil || kind == .deferredWorker }

  /// The scheduled function of an asynchronous path.
  var helper: TracePoint? {
    switch kind {
    case .deviceHelper: .deviceHelper
    case .driverHelper: .driverHelper
    default: nil
    }
  }
}

extension TraceRecord {
  /// The function on the stack that proves by which way a driver was attached; nil where none does.
  public var attachFunction: String? { AttachPath(stack: stack)?.function }

  /// True when a kernel thread did it, so that the command names no user's process. Before 5.16 a stack ends
  /// at a return probe, and does not show it.
  var isKernelThread: Bool {
    stack.contains { $0 == "worker_thread" || $0 == "kthread" } || command.hasPrefix("kworker/")
  }
}
