/// One kind of write to the kernel that attaches or detaches a driver, or adds or removes a device.
public enum Verb: String, Sendable, Codable, CaseIterable {
  case bind, unbind
  case driversProbe = "drivers_probe"
  case driverOverride = "driver_override"
  case driversAutoprobe = "drivers_autoprobe"
  case remove, rescan, delete, scan
  case load, unload
  /// Confines the kernel's unbound workers to one CPU.
  case confine

  /// How many deadlines a load or unload may take: it waits for every asynchronous probe there is.
  public static let moduleDeadlines = 10

  /// How long this verb may take where others may take `deadline` nanoseconds.
  public func deadline(_ deadline: Int64) -> Int64 {
    switch self {
    case .load, .unload: deadline * Int64(Self.moduleDeadlines)
    default: deadline
    }
  }

  /// True for a verb that asks the kernel to attach a driver (docs/driver-core.md, "Request").
  public var isRequest: Bool {
    switch self {
    case .bind, .driversProbe, .rescan, .scan, .load: true
    case .unbind, .driverOverride, .driversAutoprobe, .remove, .delete, .unload, .confine: false
    }
  }
}

/// One verb that was done: what, by whom, when, and what the kernel answered.
///
/// Its times are user space's and are reported, never used for order.
public struct VerbRecord: Sendable, Codable, Equatable {
  public var verb: Verb
  /// What was written to: a device name, or a module name.
  public var object: String
  /// The thread that wrote, or the child process that loaded a module.
  public var pid: Int32
  public var start: Time
  /// Nil while the verb has not returned.
  public var end: Time?
  /// 0 on success, the positive errno(3) otherwise. Nil while the verb has not returned.
  public var errno: Int32?
  /// How often it was written until this outcome (EAGAIN and ENODEV can be retried).
  public var attempts: Int
  /// Where the writer slept when it was given up; nil of a verb that returned, and where the kernel had ended
  /// the writer.
  public var sleep: KernelSleep?

  public init(
    verb: Verb, object: String, pid: Int32, start: Time, end: Time?, errno: Int32?,
    attempts: Int = 1, sleep: KernelSleep? = nil
  ) {
    self.verb = verb
    self.object = object
    self.pid = pid
    self.start = start
    self.end = end
    self.errno = errno
    self.attempts = attempts
    self.sleep = sleep
  }

  public var succeeded: Bool { errno == 0 }
}
