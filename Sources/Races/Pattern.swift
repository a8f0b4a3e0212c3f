public import Evidence
public import Verdicts

/// A race, or a control, as a plain value: what is started from, under which conditions, what each
/// thread does, and which order of facts is wanted. One runner runs them all.
public struct Pattern: Sendable, Equatable {
  public typealias Kind = PatternResult.Kind

  /// The devices of a pattern. Verdicts are about the first.
  public enum DeviceRole: Sendable, Equatable {
    case raced
    /// A second device of the raced driver: one to bind so that the deferred list is retried, a
    /// supplier, or a consumer.
    case other
  }

  /// The drivers of a pattern.
  public enum DriverRole: Sendable, Equatable {
    case raced
    /// A second driver that matches the same device.
    case rival
  }

  /// How devices and drivers are when the race begins.
  public enum Start: Sendable, Equatable {
    /// The device has its driver.
    case bound
    /// The device is there and its driver loaded, but not attached.
    case unbound
    /// The device was removed, and can be found again.
    case absent
    /// The driver is not loaded; the device is there.
    case driverUnloaded
    /// Both.
    case absentAndDriverUnloaded
  }

  /// What else has to hold; a target either can be made so, or cannot run the pattern.
  public enum Condition: Sendable, Equatable {
    /// The driver probes asynchronously.
    case asynchronous
    /// The driver probes in the thread that asks for it.
    case synchronous
    /// A probe that succeeds sleeps so many milliseconds under the device's lock.
    case slowProbe(Int)
    /// A removal of the raced device's driver sleeps so many milliseconds under the device's lock.
    case slowRemove(Int)
    /// The same for the other device.
    case otherSlowRemove(Int)
    /// The next `count` probes of the raced device sleep so many milliseconds and ask to be deferred.
    case deferring(count: Int, milliseconds: Int)
    /// `device_add()` sleeps so many milliseconds between the device's ADD to its bus and its probe.
    case slowAdd(Int)
    /// There is a second device; bound to the raced driver where the start is `bound`.
    case otherDevice
    /// There is a second driver, loaded.
    case rivalLoaded
    /// There is a second driver, synchronous and not loaded.
    case rivalUnloaded
    /// A device link: the raced device is the other's consumer, and probed when that binds
    /// (DL_FLAG_AUTOPROBE_CONSUMER).
    case consumerOfOther
    /// The same link, the other way round.
    case supplierOfOther
    /// The device has `driver_override`.
    case driverOverride
    /// The device is one of PCI.
    case pci
    /// The bus can be made to probe all its devices again.
    case rescan
  }

  /// What a thread waits for.
  public enum Event: Sendable, Equatable {
    /// The uevent by which the kernel announces the device.
    case added
    /// The uevent by which the kernel announces the raced driver. It comes after the devices'
    /// entries were scheduled (driver_register()).
    case loaded
    /// The device stands on its bus; it may not have been announced yet (bus_add_device()).
    case onBus
    /// The device has its driver link: a probe has begun (driver_sysfs_add()).
    case probing
    /// The uevent of an attach (driver_bound()).
    case bound
    /// The uevent of a detach.
    case unbound
    /// That step of that thread has begun, and the thread sleeps in the kernel: it has, or waits
    /// for, the device's lock.
    case blocked(thread: Int, step: Int)
  }

  public enum Step: Sendable, Equatable {
    case await(Event)
    /// Microseconds; up to half as much again by the run's seed.
    case pause(Int)
    /// A delay that the search spreads; its number tells several apart. Nothing where the window
    /// is widened by other means.
    case searched(Int)
    /// Tried again while the device is not ready to be probed, or the driver's files not there.
    case bind(DeviceRole, to: DriverRole)
    /// Not tried again, whatever it says.
    case bindOnce(DeviceRole, to: DriverRole)
    case unbind(DeviceRole, from: DriverRole)
    case driversProbe(DeviceRole)
    /// Lets no driver that there is match the device.
    case overrideWithNone
    case override(DriverRole)
    /// Turns off that the device's bus probes by itself.
    case autoprobeOff
    case add
    case remove
    case load(DriverRole)
    case unload(DriverRole)
    case rescan
    /// Confines asynchronous work that is queued from now on to the CPU that is held; what runs
    /// already goes on where it is (workqueue_apply_unbound_cpumask()).
    case confineWorkers
    /// Asynchronous work that is queued from now on may run anywhere; what was queued before stays
    /// confined.
    case releaseWorkers
  }

  /// One thread of the race.
  public struct Thread: Sendable, Equatable {
    public var steps: [Step]
    /// True where it makes the kernel probe or detach: it is no party of the race, which goes on without
    /// it.
    public var isStimulus: Bool

    static func racing(_ steps: Step...) -> Thread { Thread(steps: steps, isStimulus: false) }
    static func stimulus(_ steps: Step...) -> Thread { Thread(steps: steps, isStimulus: true) }
  }

  /// Its id in the catalog (docs/driver-core.md, "Races").
  public let id: String
  public let name: String
  public let kind: Kind
  /// What it is about, in one sentence.
  public let spirit: String
  /// The kernel's functions that race.
  public let raced: [String]
  /// What a user who reads the verbs' success would expect.
  public let expected: String
  /// What a hit comes to where that does not hold.
  public let finds: [Verdict]
  public let start: Start
  public let conditions: [Condition]
  /// Threads that are released together.
  public let threads: [Thread]
  public let order: WantedOrder
  /// What can lengthen its window, the best first.
  public let wideners: [Widener]
  /// Cycles are this many times fewer than asked for: a control that repeats another pattern.
  public var share = 1
  /// True where it is known to be reached seldom, so that a run which races all is no less for having missed
  /// it.
  public var isNarrow = false
}

extension Pattern {
  /// Where workers are confined in the midst of the race; nil where that is done before it.
  var confinement: (thread: Int, step: Int)? {
    for (thread, steps) in threads.map(\.steps).enumerated() {
      if let step = steps.firstIndex(of: .confineWorkers) { return (thread, step) }
    }
    return nil
  }

  /// The driver that is loaded in the race; nil where none is.
  var loaded: DriverRole? {
    for case .load(let driver) in threads.flatMap(\.steps) { return driver }
    return nil
  }

  /// True where the deferred worker can attach, which no barrier waits for.
  public var involvesDeferral: Bool {
    conditions.contains {
      switch $0 {
      case .deferring, .consumerOfOther, .supplierOfOther: true
      default: false
      }
    }
  }
}
