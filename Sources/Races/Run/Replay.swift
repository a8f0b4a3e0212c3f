public import DriverModel

/// One pattern on one target of an earlier run, to be raced again with the delays of then.
public struct ReplayEntry: Sendable, Equatable {
  public var pattern: Pattern
  /// As it was found then: a device, or the provider that made it.
  public var target: Target
  public var widen: Widener
  /// How many cycles to race, from the first.
  public var cycles: Int
  /// Nanoseconds, an array for each cycle; empty where nothing was searched.
  public var delays: [[Int64]]

  public init(
    pattern: Pattern, target: Target, widen: Widener, cycles: Int, delays: [[Int64]]
  ) {
    self.pattern = pattern
    self.target = target
    self.widen = widen
    self.cycles = cycles
    self.delays = delays
  }

  /// The delay of that number in a cycle, counted from 1; nil where none was recorded.
  public func delay(_ number: Int, cycle: Int) -> Int64? {
    guard delays.indices.contains(cycle - 1), delays[cycle - 1].indices.contains(number) else {
      return nil
    }
    return delays[cycle - 1][number]
  }
}
