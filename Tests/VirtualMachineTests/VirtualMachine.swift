import Testing

/// Scenarios on real kernels, in two lanes side by side: a guest keeps one core busy. Two races at a time
/// would slow each other down, so they share a lane.
enum VirtualMachine {
  /// What is raced, and how it is judged.
  @Suite(.serialized) enum Races {}
  /// What goes on around the races: the host, the service, the package.
  @Suite(.serialized) enum Surroundings {}
}
