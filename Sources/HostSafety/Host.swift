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
  /// Where services keep their sockets.
  public let run: String
  public let actions: any HostActions
  /// Asked before a driver is taken from a device.
  public let deviceGuard: Guard
  /// How long to wait for a device to come (back) after the kernel was asked for it.
  public let patience: Duration
  /// How long to try what somebody else keeps from being put back: udevd and its like open a new disk
  /// for a moment.
  public let usePatience: Duration
  /// How long udevd may have a disk open that is to be taken away: it ends a worker after 180 s
  /// (event_timeout, udev.conf(5)).
  public let udevPatience: Duration
  /// How long to wait for a module whose load or unload is under way: it waits for every asynchronous
  /// probe there is.
  public let modulePatience: Duration

  public init(
    sys: Directory, proc: Directory, tracing: String = "/sys/kernel/tracing", dev: String = "/dev",
    run: String = "/run", actions: any HostActions, deviceGuard: Guard? = nil,
    patience: Duration = .seconds(2), usePatience: Duration = .seconds(10),
    udevPatience: Duration = .seconds(190), modulePatience: Duration = .seconds(120)
  ) {
    self.sys = sys
    self.proc = proc
    self.tracing = tracing
    self.dev = dev
    self.run = run
    self.actions = actions
    self.deviceGuard = deviceGuard ?? Guard(sys: sys, proc: proc)
    self.patience = patience
    self.usePatience = usePatience
    self.udevPatience = udevPatience
    self.modulePatience = modulePatience
  }

  /// This machine.
  public init() throws(SystemError) {
    self.init(sys: try Directory("/sys"), proc: try Directory("/proc"), actions: KernelActions())
  }

  /// What tells this boot from all others: /proc/sys/kernel/random/boot_id.
  func bootID() throws(SystemError) -> String {
    try Self.bootID(proc: proc)
  }

  static func bootID(proc: Directory) throws(SystemError) -> String {
    try proc.text("sys/kernel/random/boot_id")
  }

  /// True as soon as `isDone` says so, looked at for `limit`, or until the patience ends.
  func wait(_ limit: Duration? = nil, until isDone: () throws(SystemError) -> Bool)
    throws(SystemError) -> Bool
  {
    let end = MonotonicClock.now() + (limit ?? patience)
    while try !isDone() {
      if MonotonicClock.now() >= end { return false }
      Pause.milliseconds(20)
    }
    return true
  }
}
