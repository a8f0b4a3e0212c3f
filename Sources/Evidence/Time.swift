/// A point in time: nanoseconds of CLOCK_MONOTONIC (clock_gettime(2)).
///
/// Trace records, uevents and verbs all carry it. The order of facts is the order of trace records
/// or of SEQNUMs, never a comparison of times taken in user space.
public struct Time: Hashable, Comparable, Sendable, Codable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  public init(from decoder: any Decoder) throws {
    nanoseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanoseconds)
  }

  public static func < (a: Time, b: Time) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Nanoseconds from `b` to `a`; as many as there can be where there are more, as times can be read from files of
  /// others.
  public static func - (a: Time, b: Time) -> Int64 {
    let (difference, overflows) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
    return overflows ? (a < b ? .min : .max) : difference
  }
}

extension Duration {
  /// The whole duration in nanoseconds.
  public var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }

  /// The whole duration in seconds.
  public var seconds: Double { Double(nanoseconds) / 1e9 }
}
