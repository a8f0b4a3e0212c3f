internal import Glibc

/// Points that fill a cube evenly from the first on, however many are taken: an additive recurrence
/// (Kronecker), with the multipliers that generalise the golden ratio to more dimensions.
///
/// They are the prior of the delay search. Random points leave holes of ten times the mean distance,
/// and a window that lies in one is not tried.
struct DelaySpread {
  private let steps: [Double]
  private var point: [Double]

  /// - Parameter random: moves the whole by a random offset, so that seeds differ.
  init(dimensions: Int, random: inout SplitMix64) {
    // The root of x^(n+1) = x + 1 above 1: the golden ratio for n = 1.
    var root = 2.0
    for _ in 0..<60 { root = pow(1 + root, 1 / Double(dimensions + 1)) }
    steps = (0..<dimensions).map { pow(1 / root, Double($0 + 1)) }
    point = (0..<dimensions).map { _ in Double.random(in: 0..<1, using: &random) }
  }

  /// One number in 0..<1 for each dimension.
  mutating func next() -> [Double] {
    for index in point.indices {
      point[index] += steps[index]
      point[index] -= point[index].rounded(.down)
    }
    return point
  }

  /// The delay that such a number stands for.
  ///
  /// One half of them lies evenly over the whole span, so that every overlap is tried alike. The
  /// other half gives every octave the same: a window near the event can be a thousandth of what the
  /// probe behind it takes.
  static func delay(_ share: Double, of span: Int64) -> Int64 {
    let length = Double(span)
    if share < 0.5 { return Int64(length * 2 * share) }
    return Int64(length * exp2(-octaves * (2 * share - 1)))
  }

  /// From the span down to a four-thousandth of it.
  static let octaves = 12.0
}
