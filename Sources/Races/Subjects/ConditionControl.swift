internal import Evidence

/// What makes the probes of a subject slow, deferred or linked, as far as its devices can be made to.
protocol ConditionControl {
  /// How a slow probe sleeps.
  var sleepsInterruptibly: Bool { get }

  /// Why a condition cannot be met; nil where it can.
  func obstacle(to condition: Pattern.Condition) -> String?

  /// What holds for the whole of a pattern, before its devices are added: links. All devices are
  /// gone.
  func arrange(_ conditions: [Pattern.Condition]) throws(SystemError)

  /// Meets them for one cycle.
  func arm(_ conditions: [Pattern.Condition]) throws(SystemError)

  /// Meets none any more, so that the next cycle can be prepared without delay.
  func relax() throws(SystemError)

  /// Puts a driver that is not loaded into that mode for its next load; nothing where the load itself
  /// takes care of it.
  func set(_ mode: RacedDriver.Mode, of driver: RacedDriver) throws(SystemError)
}

extension ConditionControl {
  /// True where a slow probe sleeps so that signals would reach it: state S and not D.
  var sleepsInterruptibly: Bool { false }
}

/// Ordinary devices: they are as they are.
struct NoConditions: ConditionControl {
  func obstacle(to condition: Pattern.Condition) -> String? {
    "it needs the fixture module, whose devices do what they are told"
  }

  func arrange(_ conditions: [Pattern.Condition]) {}
  func arm(_ conditions: [Pattern.Condition]) {}
  func relax() {}
  func set(_ mode: RacedDriver.Mode, of driver: RacedDriver) {}
}
