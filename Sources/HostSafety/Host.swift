public import DriverModel
public import Evidence

/// The host to put back: where its files are, and how it is changed.
public struct Host: Sendable {
  public let sys: Directory
  public let proc: Directory
  /// Where tracefs is mounted.
  public let tracing: String
  /// Where the devices' files are.
  public let dev: String
  public let actions: any HostActions
  /// Asked before a driver is taken from a device.
  public let deviceGuard: Guard
  /// How long to wait for a device to come (back) after the kernel was asked for it.
  public let patience: Duration

  public init(
    sys: Directory, proc: Directory, tracing: String = "/sys/kernel/tracing", dev: String = "/dev",
    actions: any HostActions, deviceGuard: Guard? = nil, patience: Duration = .seconds(2)
  ) {
    self.sys = sys
    self.proc = proc
    self.tracing = tracing
    self.dev = dev
    self.actions = actions
    self.deviceGuard = deviceGuard ?? Guard(sys: sys, proc: proc, dev: nil, etc: nil)
    self.patience = patience
  }

  /// This machine.
  public init() throws(SystemError) {
    let sys = try Directory("/sys")
    let proc = try Directory("/proc")
    self.init(
      sys: sys, proc: proc, actions: KernelActions(), deviceGuard: Guard(sys: sys, proc: proc))
  }

  /// What tells this boot from all others: /proc/sys/kernel/random/boot_id.
  func bootID() throws(SystemError) -> String {
    try Self.bootID(proc: proc)
  }

  static func bootID(proc: Directory) throws(SystemError) -> String {
    try proc.text("sys/kernel/random/boot_id")
  }

  /// True as soon as `isDone` says so, looked at until the patience ends.
  func wait(until isDone: () throws(SystemError) -> Bool) throws(SystemError) -> Bool {
    let end = MonotonicClock.now() + patience
    while try !isDone() {
      if MonotonicClock.now() >= end { return false }
      Pause.milliseconds(20)
    }
    return true
  }
}
