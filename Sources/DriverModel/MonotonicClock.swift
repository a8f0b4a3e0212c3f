internal import CLinux
public import Evidence

/// The clock of all times: CLOCK_MONOTONIC, clock_gettime(2).
public enum MonotonicClock {
  public static func now() -> Time { Time(nanoseconds: CLinux_monotonic_nanoseconds()) }
}

extension Time {
  /// `duration` later.
  public static func + (time: Time, duration: Duration) -> Time {
    Time(nanoseconds: time.nanoseconds + duration.nanoseconds)
  }
}
