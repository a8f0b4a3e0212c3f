internal import CSystemd
public import Evidence

/// What a service tells the service manager (sd_notify(3)). All of it does nothing where none
/// listens: NOTIFY_SOCKET is not set.
public enum ServiceManager {
  /// The service has started, or has taken a new configuration.
  public static func ready(_ status: String? = nil) { notify(["READY=1"], status) }

  /// What the service is at, for `systemctl status`.
  public static func status(_ text: String) { notify([], text) }

  /// The service begins to take a new configuration; `ready` ends that.
  ///
  /// - Parameter now: `MonotonicClock.now()`.
  public static func reloading(at now: Time) {
    notify(["RELOADING=1", "MONOTONIC_USEC=\(now.nanoseconds / 1000)"], nil)
  }

  public static func stopping(_ status: String? = nil) { notify(["STOPPING=1"], status) }

  /// The service lives. To be sent at least twice in each `watchdogInterval`.
  public static func watchdog() { notify(["WATCHDOG=1"], nil) }

  /// Within which time the service manager wants a sign of life; nil where it wants none
  /// (sd_watchdog_enabled(3)).
  public static var watchdogInterval: Duration? {
    var microseconds: UInt64 = 0
    guard unsafe sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
    return .microseconds(Int64(clamping: microseconds))
  }

  private static func notify(_ lines: [String], _ status: String?) {
    let lines = lines + (status.map { ["STATUS=\($0.printable)"] } ?? [])
    // A manager that cannot be told cannot be told that either.
    _ = unsafe sd_notify(0, lines.joined(separator: "\n"))
  }
}
