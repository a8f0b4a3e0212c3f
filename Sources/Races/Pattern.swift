public import Verdicts

/// A race, or a control, as a plain value: what is started from, what makes the kernel probe, what
/// is written meanwhile, and which order of facts is wanted. One runner runs them all.
public struct Pattern: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case race, control
  }

  /// How the device and its driver are when the race begins.
  public enum Start: Sendable, Equatable {
    /// The device has its driver.
    case bound
    /// The device was removed, and can be found again.
    case absent
    /// The driver's module is not loaded; the device is there.
    case driverUnloaded
  }

  /// What makes the kernel probe asynchronously, in a thread of its own.
  public enum Stimulus: Sendable, Equatable {
    case none
    /// The removed device is found again.
    case addDevice
    /// The driver's module is loaded.
    case loadDriver
  }

  public enum Step: Sendable, Equatable {
    /// Waits for the uevent by which the kernel announces what the stimulus adds.
    case awaitStimulus
    /// Microseconds; up to half as much again by the run's seed.
    case pause(Int)
    case bind
    case unbind
  }

  /// Its id in the catalog of driver-core.md section 8.
  public let id: String
  public let name: String
  public let kind: Kind
  /// What it is about, in one sentence.
  public let spirit: String
  /// The kernel's functions that race.
  public let raced: [String]
  /// What a user who reads the verbs' success would expect.
  public let expected: String
  public let start: Start
  public let stimulus: Stimulus
  /// Threads that are released together with the stimulus.
  public let threads: [[Step]]
  public let order: WantedOrder
  /// What can lengthen its window, the best first.
  public let wideners: [Widener]
  /// True when the race is with a helper, so only a driver that probes asynchronously will do.
  public let needsAsynchronousDriver: Bool
}
