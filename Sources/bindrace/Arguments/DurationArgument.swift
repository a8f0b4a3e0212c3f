/// A duration above zero and up to a year: "60s", "5m", "2h", "500ms", "1.5s", or a plain number of seconds.
struct DurationArgument: CustomStringConvertible, Sendable {
  let duration: Duration
  /// As it was written.
  let description: String

  private static let units = ["ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000]
    .merging(["h": 3_600_000_000_000, "": 1_000_000_000]) { $1 }

  private static let maximum = 365.0 * 24 * 3_600_000_000_000

  init(_ text: String) throws {
    let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard let unit = Self.units[String(text.dropFirst(number.count))],
      (1...2).contains(parts.count), parts.allSatisfy({ (1...9).contains($0.count) }),
      let value = Double(number), (1...Self.maximum).contains(value * Double(unit))
    else {
      throw WrongValue("is not a duration above zero and up to a year, such as 60s, 5m or 500ms")
    }
    duration = .nanoseconds(Int64(value * Double(unit)))
    description = text
  }

  private init(_ duration: Duration, _ description: String) {
    self.duration = duration
    self.description = description
  }

  /// A duration, or none: "0".
  static func orZero(_ text: String) throws -> DurationArgument {
    text == "0" ? DurationArgument(.zero, "0") : try DurationArgument(text)
  }

  /// A default.
  static func milliseconds(_ count: Int) -> DurationArgument {
    DurationArgument(.milliseconds(count), "\(count)ms")
  }

  /// A default.
  static func seconds(_ count: Int) -> DurationArgument {
    DurationArgument(.seconds(count), "\(count)s")
  }
}
