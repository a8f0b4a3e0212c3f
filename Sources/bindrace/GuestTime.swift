internal import DriverModel
internal import Evidence
internal import Glibc

/// The end of a throwaway machine that knows when it is ended (scripts/vm --timeout): what comes of a run that
/// goes on until then is lost.
enum GuestTime {
  /// When that is, in seconds of CLOCK_MONOTONIC.
  static let variable = "BINDRACE_GUEST_ENDS"

  /// What is to be said before a run of that length begins; nil where it can end, and where there is no such
  /// end.
  static func warning(_ length: Duration) -> String? {
    let end = unsafe getenv(variable).map { unsafe String(cString: $0) }
    return warning(length, end: end, now: MonotonicClock.now())
  }

  static func warning(_ length: Duration, end: String?, now: Time) -> String? {
    guard let end = end.flatMap(Int64.init), end > 0 else { return nil }
    let left = max(0, end - now.nanoseconds / 1_000_000_000)
    let needed = Int64(length.seconds)
    guard needed >= left else { return nil }
    let times = "this run takes \(needed) s and its end, and this machine is ended in \(left) s"
    return "\(times): there will be no result (--duration, or scripts/vm --timeout)"
  }
}
