internal import Glibc

/// Chooses the delays of each cycle, where nothing but delays can win a race.
///
/// It begins with an even spread, the same in every run of a seed; meanwhile both sides are measured.
/// Then it spreads over what they take, and goes between the delays that were too short and those that
/// were too long, where verbs say so. From the first hit on, three cycles in four go to the
/// neighbourhood of delays that hit, and the rest on as before: a window can move, and there can be a
/// better one. The same seed and the same history give the same delays.
///
/// LTP's tst_fuzzy_sync.h draws evenly from such a span too, at random and for ever.
struct DelaySearch {
  /// What delays led to.
  enum Outcome: Sendable {
    case hit
    /// One part of the order was reached: another delay beside it may hit.
    case near
    /// The first verb came before its time: a longer first delay may hit.
    case early
    /// It came when all was over: a shorter one may.
    case late
    case missed
  }

  private struct Trial {
    let delays: [Int64]
    let outcome: Outcome
    let value: Double

    init(_ delays: [Int64], _ outcome: Outcome) {
      self.delays = delays
      self.outcome = outcome
      value =
        switch outcome {
        case .hit: 1
        case .near: 0.1
        case .early, .late, .missed: 0
        }
    }
  }

  /// The first cycles, whose delays are known beforehand.
  static let openingCycles = 16
  /// What the span is taken for in them: an emulated disk's probe.
  static let nominalSpan: Int64 = 50_000_000

  private static let exploring = 0.25
  /// How much of that goes between the early and the late ones, where there are such.
  private static let between = 0.75
  /// While nothing hit, near misses are worth less: they may have nothing to do with a hit.
  private static let exploringNear = 0.5
  /// Trials that are remembered; those before tell about a machine of long ago.
  private static let memory = 256
  private static let candidates = 3
  private static let neighbours = 12

  private var random: SplitMix64
  private var spread: DelaySpread
  private var cycle = 0
  private var trials: [Trial] = []
  private var spans: [Int64] = []

  /// - Parameter dimensions: how many delays a cycle has.
  init(seed: UInt64, dimensions: Int) {
    random = SplitMix64(seed: seed)
    spread = DelaySpread(dimensions: dimensions, random: &random)
  }

  /// The delays of the next cycle, in nanoseconds.
  mutating func next() -> [Int64] {
    cycle += 1
    if cycle <= Self.openingCycles { return fromSpread() }
    let hits = trials.filter { $0.outcome == .hit }
    let successes = hits.isEmpty ? trials.filter { $0.outcome == .near } : hits
    let exploring = hits.isEmpty ? Self.exploringNear : Self.exploring
    if successes.isEmpty || unit() < exploring { return explored() }
    return near(best(of: successes), isHit: !hits.isEmpty)
  }

  /// Takes what came of delays, be they of this search or not.
  mutating func learn(_ delays: [Int64], _ outcome: Outcome, _ sections: Sections?) {
    trials.append(Trial(delays, outcome))
    if trials.count > Self.memory { trials.removeFirst() }
    guard let sections, sections.span > 0 else { return }
    spans.append(sections.span)
    if spans.count > 31 { spans.removeFirst() }
  }

  /// How far delays reach: the median of the last ones, as one cycle that the host held up says
  /// nothing about the next.
  var span: Int64 {
    cycle <= Self.openingCycles || spans.isEmpty
      ? Self.nominalSpan : spans.sorted()[spans.count / 2]
  }

  private mutating func explored() -> [Int64] {
    var delays = fromSpread()
    let early = trials.filter { $0.outcome == .early }.map(\.delays[0])
    let late = trials.filter { $0.outcome == .late }.map(\.delays[0])
    guard !early.isEmpty, !late.isEmpty, unit() < Self.between else { return delays }
    // The sides overlap, as no two cycles take the same time; a few of each make it likely that one
    // is near the border.
    let low = candidates(of: early).max()!
    let high = candidates(of: late).min()!
    delays[0] = Int64.random(in: min(low, high)...max(low, high), using: &random)
    return delays
  }

  private mutating func candidates(of delays: [Int64]) -> [Int64] {
    (0..<Self.candidates).map { _ in delays[Int.random(in: delays.indices, using: &random)] }
  }

  private mutating func fromSpread() -> [Int64] {
    spread.next().map { DelaySpread.delay($0, of: span) }
  }

  /// Of a few that succeeded the one around which most did: hits draw more hits to where many tries
  /// were made, be it a good place or not.
  private mutating func best(of successes: [Trial]) -> [Int64] {
    var best = successes[0].delays
    var highest = -1.0
    for _ in 0..<Self.candidates {
      let candidate = successes[Int.random(in: successes.indices, using: &random)].delays
      let rate = rate(around: candidate)
      if rate > highest { (highest, best) = (rate, candidate) }
    }
    return best
  }

  /// The mean value of the trials nearest to a point. Written out, as it is called with every trial
  /// of every cycle.
  private func rate(around point: [Int64]) -> Double {
    let scales = point.map(scale)
    var distances = Array(repeating: Double.infinity, count: Self.neighbours)
    var values = Array(repeating: 0.0, count: Self.neighbours)
    for trial in trials {
      var distance = 0.0
      for index in point.indices {
        // Relative to the delay itself: what is far for a short one is near for a long one.
        distance = max(
          distance, Double((trial.delays[index] - point[index]).magnitude) / scales[index])
      }
      var place = Self.neighbours
      while place > 0 && distances[place - 1] > distance { place -= 1 }
      if place == Self.neighbours { continue }
      distances.insert(distance, at: place)
      distances.removeLast()
      values.insert(trial.value, at: place)
      values.removeLast()
    }
    return values.reduce(0, +) / Double(min(trials.count, Self.neighbours))
  }

  private func scale(_ delay: Int64) -> Double { Double(delay) + Double(span) / 64 }

  /// A point at a distance of which every octave is as likely as another: nobody knows how wide a
  /// window is.
  private mutating func near(_ point: [Int64], isHit: Bool) -> [Int64] {
    let fresh = isHit ? point : explored()
    return point.indices.map { index in
      // One of the delays of a near miss was right, and nobody knows which.
      if !isHit && unit() < 0.5 { return fresh[index] }
      let step = scale(point[index]) * exp2(-DelaySpread.octaves * unit())
      let moved = Double(point[index]) + (unit() < 0.5 ? step : -step)
      return Int64(min(abs(moved), 2 * Double(span)))
    }
  }

  private mutating func unit() -> Double { Double.random(in: 0..<1, using: &random) }
}
