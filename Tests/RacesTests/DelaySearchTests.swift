import Testing

@testable import Races

/// The search against made-up windows. Zero delay hits none of them; a draw that is even over the
/// 50 ms that a race takes hits a window of one percent 10 times in 1,000.
@Suite struct DelaySearchTests {
  /// What delays lead to in a cycle; the numbers are milliseconds.
  typealias World = (_ cycle: Int, _ delays: [Double], _ random: inout SplitMix64) ->
    DelaySearch.Outcome

  private static let seeds: [UInt64] = [1, 2, 3]

  @Test("a window of one percent is hit 10 times as often as by even draws", arguments: seeds)
  func narrow(seed: UInt64) {
    let hits = Self.hits(seed, dimensions: 1) { _, delays, _ in
      20..<20.5 ~= delays[0] ? .hit : .missed
    }
    #expect(hits.searched >= 10 * max(hits.even, 10))
  }

  @Test(
    "a window of two thousandths right behind the event is hit 100 times as often", arguments: seeds
  )
  func early(seed: UInt64) {
    let hits = Self.hits(seed, dimensions: 1) { _, delays, _ in
      0.1..<0.2 ~= delays[0] ? .hit : .missed
    }
    #expect(hits.searched >= 100 * max(hits.even, 2))
  }

  @Test(
    "a window that moves by its own width in 50 cycles is followed, three times even draws",
    arguments: seeds)
  func moving(seed: UInt64) {
    let hits = Self.hits(seed, dimensions: 1) { cycle, delays, _ in
      abs(delays[0] - 10 - Double(cycle) * 0.01) < 0.25 ? .hit : .missed
    }
    #expect(hits.searched >= 3 * max(hits.even, 10))
  }

  @Test("a window that jitters by four times its width is hit 3 times as often", arguments: seeds)
  func jitter(seed: UInt64) {
    let hits = Self.hits(seed, dimensions: 1) { _, delays, random in
      let moved = delays[0] + Double.random(in: -2...2, using: &random)
      return 20..<20.5 ~= moved ? .hit : .missed
    }
    #expect(hits.searched >= 3 * max(hits.even, 10))
  }

  @Test(
    "two delays, both of which have to fit: near misses lead there; even draws hit once in 2,000",
    arguments: seeds)
  func twoDimensions(seed: UInt64) {
    let hits = Self.hits(seed, dimensions: 2) { _, delays, _ in
      guard 0.1..<0.5 ~= delays[0] else { return .missed }
      return 30..<33 ~= delays[1] ? .hit : .near
    }
    #expect(hits.even <= 3)
    #expect(hits.searched >= 100)
  }

  @Test(
    "a window of half a thousandth whose sides are told, and overlap, is hit 40 times as often",
    arguments: seeds)
  func sides(seed: UInt64) {
    let hits = Self.hits(seed, dimensions: 1) { _, delays, random in
      let border = 0.2 + Double.random(in: -0.05...0.05, using: &random)
      if delays[0] < border { return .early }
      // Not every cycle in the window is won.
      return delays[0] < border + 0.025 && Double.random(in: 0..<1, using: &random) < 0.5
        ? .hit : .late
    }
    #expect(hits.searched >= 40 * max(hits.even, 1))
  }

  @Test("the same seed and the same history give the same delays, another seed others")
  func deterministic() {
    func delays(_ seed: UInt64, hitting: Range<Double>) -> [[Int64]] {
      var search = DelaySearch(seed: seed, dimensions: 2)
      return (0..<200).map { _ in
        let delays = search.next()
        let isHit = hitting ~= Double(delays[0]) / 1e6
        search.learn(delays, isHit ? .hit : .missed, Self.sections)
        return delays
      }
    }
    let first = delays(7, hitting: 1..<5)
    #expect(first == delays(7, hitting: 1..<5))
    #expect(first != delays(8, hitting: 1..<5))
    // What hits is followed.
    #expect(first != delays(7, hitting: 20..<25))
  }

  @Test("the first cycles do not depend on what hits, nor on how long anything takes")
  func opening() {
    var learning = DelaySearch(seed: 7, dimensions: 1)
    var blind = DelaySearch(seed: 7, dimensions: 1)
    for _ in 0..<DelaySearch.openingCycles {
      let delays = learning.next()
      #expect(delays == blind.next())
      learning.learn(delays, .hit, Sections(stimulus: 900_000_000, racing: 0))
    }
  }

  @Test("delays reach as far as the longer side, whatever a single cycle took")
  func spans() {
    var search = DelaySearch(seed: 7, dimensions: 1)
    for cycle in 0..<400 {
      let delays = search.next()
      let isHeldUp = cycle % 10 == 0
      search.learn(
        delays, .missed, Sections(stimulus: isHeldUp ? 5_000_000_000 : 1_000_000, racing: 2_000_000)
      )
      if cycle > DelaySearch.openingCycles { #expect(delays[0] <= 2_000_000) }
    }
    #expect(search.span == 2_000_000)
  }

  private static let sections = Sections(stimulus: 50_000_000, racing: 30_000_000)

  /// Hits of 1,000 cycles by the search and by even draws.
  private static func hits(_ seed: UInt64, dimensions: Int, _ world: World) -> (
    searched: Int, even: Int
  ) {
    var search = DelaySearch(seed: seed, dimensions: dimensions)
    var noise = SplitMix64(seed: ~seed)
    var hits = (searched: 0, even: 0)
    for cycle in 0..<1000 {
      let delays = search.next()
      let outcome = world(cycle, delays.map { Double($0) / 1e6 }, &noise)
      search.learn(delays, outcome, sections)
      if outcome == .hit { hits.searched += 1 }
      let even = (0..<dimensions).map { _ in Double.random(in: 0..<50, using: &noise) }
      if world(cycle, even, &noise) == .hit { hits.even += 1 }
    }
    return hits
  }
}

@Suite struct DelaySpreadTests {
  @Test("every part of the span is tried alike, from the first points on", arguments: [1, 2, 3])
  func even(dimensions: Int) {
    var random = SplitMix64(seed: 5)
    var spread = DelaySpread(dimensions: dimensions, random: &random)
    var counts = Array(repeating: Array(repeating: 0, count: 16), count: dimensions)
    for _ in 0..<160 {
      for (dimension, share) in spread.next().enumerated() {
        counts[dimension][Int(share * 16)] += 1
      }
    }
    for count in counts.joined() { #expect(6...14 ~= count) }
  }

  @Test("half of the points lie evenly over the span, half evenly over its octaves")
  func delays() {
    #expect(DelaySpread.delay(0, of: 1000) == 0)
    #expect(DelaySpread.delay(0.25, of: 1000) == 500)
    #expect(DelaySpread.delay(0.5, of: 4096) == 4096)
    #expect(DelaySpread.delay(0.75, of: 4096) == 64)
    #expect(DelaySpread.delay(0.9999, of: 4096) == 1)
  }
}
