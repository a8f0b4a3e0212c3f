internal import DriverModel
internal import Evidence

/// Which device is raced next, and which are not: the bounds of the daemon. Pure: it is told the time.
struct RaceQueue {
  /// Why a device is not raced.
  enum Reason: String {
    case full = "too many devices wait for a race"
    case tooOften = "it was raced as often as RacesPerDevice allows"
    case backOff = "it is left alone for a while after a finding"
    case driverless = "no driver was attached to it in time"
  }

  enum Next: Equatable {
    case race(String)
    /// Nothing before that time.
    case wait(Time)
    case nothing
  }

  var bounds: RaceBounds
  /// How long a device that came may be without a driver.
  static let patience: Duration = .seconds(10)

  private struct Waiting {
    var target: String
    /// Nil where it has its driver; else until when it is waited for.
    var driverUntil: Time?
  }

  private struct History {
    var starts: [Time] = []
    var leftAloneUntil: Time?
    var backOff: Duration?
  }

  private var waiting: [Waiting] = []
  private var histories: [String: History] = [:]
  private var starts: [Time] = []

  init(bounds: RaceBounds) {
    self.bounds = bounds
  }

  var count: Int { waiting.count }

  /// A device is to be raced; nothing happens where it waits already.
  ///
  /// - Parameters:
  ///   - target: BUS/NAME.
  ///   - hasDriver: false where a driver is still to be attached to it.
  /// - Returns: why it is not.
  mutating func add(_ target: String, hasDriver: Bool, at now: Time) -> Reason? {
    if let index = waiting.firstIndex(where: { $0.target == target }) {
      if hasDriver { waiting[index].driverUntil = nil }
      return nil
    }
    if let reason = reason(target, at: now) { return reason }
    if waiting.count >= bounds.queue { return .full }
    waiting.append(
      Waiting(target: target, driverUntil: hasDriver ? nil : now + Self.patience))
    return nil
  }

  /// A driver was attached to a device: one that waited for that can be raced.
  mutating func attached(_ target: String) {
    if let index = waiting.firstIndex(where: { $0.target == target }) {
      waiting[index].driverUntil = nil
    }
  }

  mutating func removed(_ target: String) {
    waiting.removeAll { $0.target == target }
  }

  /// Nobody waits any more.
  mutating func clear() { waiting = [] }

  /// What to do now. A race that is given out counts as begun.
  mutating func next(at now: Time) -> (next: Next, leftOut: [(target: String, reason: Reason)]) {
    var dropped: [(String, Reason)] = []
    while let index = waiting.firstIndex(where: { $0.driverUntil.map { $0 <= now } ?? false }) {
      dropped.append((waiting.remove(at: index).target, .driverless))
    }
    starts.removeAll { $0 + .seconds(60) <= now }
    guard let index = waiting.firstIndex(where: { $0.driverUntil == nil }) else {
      return (waiting.compactMap(\.driverUntil).min().map(Next.wait) ?? .nothing, dropped)
    }
    if starts.count >= bounds.perMinute, let first = starts.first {
      return (.wait(first + .seconds(60)), dropped)
    }
    let target = waiting.remove(at: index).target
    starts.append(now)
    remember(target) { $0.starts.append(now) }
    return (.race(target), dropped)
  }

  /// True where this minute has room for one more.
  mutating func hasRoom(at now: Time) -> Bool {
    starts.removeAll { $0 + .seconds(60) <= now }
    return starts.count < bounds.perMinute
  }

  /// True where a first attempt may begin now, which counts as begun.
  mutating func mayAttempt(_ target: String, at now: Time) -> Bool {
    guard hasRoom(at: now), reason(target, at: now) == nil else { return false }
    starts.append(now)
    return true
  }

  /// A race has ended. After a finding the device is left alone, twice as long each time.
  mutating func ended(_ target: String, foundSomething: Bool, at now: Time) {
    let bounds = bounds
    remember(target) { history in
      guard foundSomething else {
        history.backOff = nil
        return
      }
      let next = history.backOff.map { min($0 * 2, bounds.longestBackOff) } ?? bounds.backOff
      history.backOff = next
      history.leftAloneUntil = now + next
    }
  }

  private func reason(_ target: String, at now: Time) -> Reason? {
    guard let history = histories[target] else { return nil }
    if let until = history.leftAloneUntil, until > now { return .backOff }
    let lately = history.starts.count { $0 + .seconds(3600) > now }
    return lately >= bounds.perDevice ? .tooOften : nil
  }

  private mutating func remember(_ target: String, _ change: (inout History) -> Void) {
    if histories[target] == nil, histories.count >= bounds.memory { forgetOldest() }
    var history = histories[target] ?? History()
    change(&history)
    history.starts = history.starts.suffix(bounds.perDevice)
    histories[target] = history
  }

  /// Devices come and go under new names: the one that was raced longest ago is forgotten.
  private mutating func forgetOldest() {
    let oldest = histories.min {
      ($0.value.starts.last?.nanoseconds ?? 0) < ($1.value.starts.last?.nanoseconds ?? 0)
    }
    if let oldest { histories[oldest.key] = nil }
  }
}
