import Testing

/// Scenarios on real kernels. One guest at a time: a second would slow the races of the first down.
@Suite(.serialized) enum VirtualMachine {}
