/// What lengthens the window of a race (docs/driver-core.md, "Wider windows").
public enum Widener: String, Sendable, CaseIterable {
  case none
  /// Asynchronous workers are confined to one CPU, and that CPU is held by a spinner.
  case cpu
  /// More slow probes are in flight than the async workqueue runs at once, so the tail waits.
  case saturate
  /// A slow probe or removal holds the device's lock, so that those who come wait in order.
  case lock
  /// The thread that adds the device, or takes it away, shares its CPU with the racing one, which goes
  /// first: it goes on only while the other sleeps between two tries, or waits for the device's lock.
  case add
}
