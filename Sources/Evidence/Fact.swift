/// What a verdict rests on: something that happens in the driver core. Each is told by records, and which
/// place in a kernel makes these is KernelTrace's to know.
public enum Fact: String, Sendable, Codable, CaseIterable {
  /// A write to `unbind`: its begin, the device and driver named, and its return.
  case unbind
  /// An unbind, a removal or an unload reaches a device, before it takes the device's lock.
  case release
  /// It has that lock, which it keeps until the driver is detached.
  case hold
  /// A driver is detached.
  case detach
  case bind
  case driversProbe = "drivers-probe"
  /// A driver is tried on a device, and whether that bound it.
  case probe
  /// A driver is attached, and by which way.
  case attach
  /// A helper is scheduled for a device.
  case schedule
  /// The helper that looks for a driver of a device begins and ends.
  case deviceHelper = "device-helper"
  /// The helper that attaches a driver to a device begins and ends.
  case driverHelper = "driver-helper"
  /// A device is put on the deferred list.
  case deferral
  /// A device is taken from the deferred list otherwise than by the worker.
  case undeferral
  /// The deferred devices are to be tried again.
  case retry
  /// A run of the deferred worker.
  case worker = "deferred-worker"
  /// `driver_override` of a device is written.
  case override
  /// `drivers_autoprobe` of a bus is written.
  case autoprobe
  case addition
  case removal
  /// A driver is registered with its bus, which attaches it to the devices there.
  case registration
  case unregistration
  /// The recording goes on: what bindrace does itself to see a record of it.
  case recording

  /// The records that tell it: of its begin, and of its end where it has one.
  public var points: [TracePoint] {
    switch self {
    case .unbind: [.unbindStore, .unbindStoreReturn]
    case .release: [.release]
    case .hold: [.hold]
    case .detach: [.cleanup]
    case .bind: [.bindStore, .bindStoreReturn]
    case .driversProbe: [.driversProbeStore, .driversProbeStoreReturn]
    case .probe: [.reallyProbe, .reallyProbeReturn]
    case .attach: [.bound]
    case .schedule: [.schedule]
    case .deviceHelper: [.deviceHelper, .deviceHelperReturn]
    case .driverHelper: [.driverHelper, .driverHelperReturn]
    case .deferral: [.deferredAdd]
    case .undeferral: [.deferredDelete]
    case .retry: [.deferredTrigger]
    case .worker: [.deferredWork, .deferredWorkReturn]
    case .override: [.overrideSet, .overrideSetReturn]
    case .autoprobe: [.autoprobeStore, .autoprobeStoreReturn]
    case .addition: [.deviceAdd, .deviceAddReturn]
    case .removal: [.deviceDelete, .deviceDeleteReturn]
    case .registration: [.registerDriver, .registerDriverReturn]
    case .unregistration: [.unregisterDriver, .unregisterDriverReturn]
    case .recording: [.pulse]
    }
  }

  /// Without these nothing is known of any attach by its trace: there is no evidence of the level `trace`.
  public static let core: [Fact] = [.unbind, .release, .detach, .bind, .probe, .attach, .recording]

  /// What is not told where this is not, as the end of "… is not told".
  public var words: String {
    switch self {
    case .unbind: "when unbind is written and how it ends"
    case .release: "which device an unbind reaches"
    case .hold: "since when an unbind has the device's lock"
    case .detach: "when a driver is detached"
    case .bind: "when bind is written and how it ends"
    case .driversProbe: "when drivers_probe is written and how it ends"
    case .probe: "when a driver is tried on a device"
    case .attach: "when and by whom a driver is attached"
    case .schedule: "when an asynchronous probe is scheduled"
    case .deviceHelper: "when the asynchronous probe of a device runs"
    case .driverHelper: "when the asynchronous probe by a driver runs"
    case .deferral: "when a device is deferred"
    case .undeferral: "when a device leaves the deferred list"
    case .retry: "when deferred devices are to be tried again"
    case .worker: "when the deferred worker runs"
    case .override: "when driver_override is written"
    case .autoprobe: "when drivers_autoprobe is written"
    case .addition: "when a device is added"
    case .removal: "when a device is removed"
    case .registration: "when a driver is registered"
    case .unregistration: "when a driver is unregistered"
    case .recording: "whether the recording goes on"
    }
  }
}

/// A fact of which a run knows nothing unless there is a record: that none is there says nothing.
public struct UntoldFact: Sendable, Codable, Equatable {
  public var fact: Fact
  /// Why, in a few words: what this kernel lacks, or refuses.
  public var reason: String

  public init(_ fact: Fact, reason: String) {
    self.fact = fact
    self.reason = reason
  }

  /// One sentence.
  public var text: String { "It is not known \(fact.words): \(reason)." }
}

/// How a fact is told on a host.
public struct FactSource: Sendable, Equatable {
  public enum State: String, Sendable, Codable {
    /// Its place told it, as expected.
    case told
    /// Its place is probed, and had nothing to tell so far.
    case waiting
    /// Nothing tells it.
    case untold
  }

  public var fact: Fact
  public var state: State
  /// What tells it: names of functions, or of a tracepoint. Empty where nothing does.
  public var places: [String]
  /// Why it is untold, or why another place than the first tells it; nil where there is nothing to say.
  public var reason: String?

  public init(fact: Fact, state: State, places: [String], reason: String?) {
    self.fact = fact
    self.state = state
    self.places = places
    self.reason = reason
  }
}
