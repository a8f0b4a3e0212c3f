import Testing

/// Scenarios on real kernels, in two lanes side by side: a guest keeps one core busy. Two races of many
/// cycles at a time would slow each other down, so they share a lane; both take about the same time.
enum VirtualMachine {
  /// What is raced, how it is judged, and what is left of a race after a reset.
  @Suite(.serialized) enum Races {}
  /// What goes on around the races: the host, the service, the package; and the kernels besides the two
  /// on which everything is raced.
  @Suite(.serialized) enum Surroundings {}
}
