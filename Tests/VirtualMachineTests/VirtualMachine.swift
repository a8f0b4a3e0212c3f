import Testing

/// Scenarios on a real kernel, each on both. One guest at a time: a second would slow the races of
/// the first down.
@Suite(.serialized) enum VirtualMachine {}
