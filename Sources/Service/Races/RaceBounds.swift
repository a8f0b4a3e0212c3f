/// How much is raced at most. Races are one after the other: each holds the host's lock.
struct RaceBounds: Equatable {
  /// On this host.
  var perMinute: Int
  /// Of one device in an hour.
  var perDevice: Int
  /// How long a device is left alone after a finding on it; twice as long after the next.
  var backOff: Duration
  /// The longest of it.
  var longestBackOff: Duration
  /// Devices that wait for their race.
  var queue = 64
  /// Devices of which is remembered when they were raced.
  var memory = 4096
}
