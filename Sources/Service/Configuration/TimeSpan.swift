internal import Evidence

/// Time spans as systemd.time(7) writes them: "90s", "5min", "1h 30min", "1.5h"; without a unit, seconds.
enum TimeSpan {
  /// What never ends.
  static let infinity = "infinity"

  private static let second: Int64 = 1_000_000_000

  /// Nanoseconds, the names of systemd.time(7), the one to write first.
  private static let units: [(size: Int64, names: [String])] = [
    (31_557_600 * second, ["y", "year", "years"]),
    (2_630_016 * second, ["M", "month", "months"]),
    (604_800 * second, ["w", "week", "weeks"]),
    (86_400 * second, ["d", "day", "days"]),
    (3600 * second, ["h", "hour", "hours", "hr"]),
    (60 * second, ["min", "minute", "minutes", "m"]),
    (second, ["s", "sec", "second", "seconds", ""]),
    (1_000_000, ["ms", "msec"]),
    (1000, ["us", "usec", "µs", "μs"]),
  ]

  /// The values of a span are added up; nil where it is none, or longer than 292 years.
  static func parse(_ text: String) -> Duration? {
    var rest = text[...]
    var total: Int64 = 0
    while let first = rest.first {
      if first == " " || first == "\t" {
        rest.removeFirst()
        continue
      }
      guard let value = takeValue(&rest) else { return nil }
      let sum = total.addingReportingOverflow(value)
      if sum.overflow { return nil }
      total = sum.partialValue
    }
    return text.contains { $0 != " " && $0 != "\t" } ? .nanoseconds(total) : nil
  }

  /// As it is written: "1h 30min", "0".
  static func text(_ duration: Duration) -> String {
    var rest = duration.nanoseconds
    var parts: [String] = []
    // Days at most: months and years are no whole days, and weeks read badly.
    for unit in units.dropFirst(3) where rest >= unit.size {
      parts.append("\(rest / unit.size)\(unit.names[0])")
      rest %= unit.size
    }
    return parts.isEmpty ? "0" : parts.joined(separator: " ")
  }

  /// One number with its unit, in nanoseconds.
  private static func takeValue(_ rest: inout Substring) -> Int64? {
    let number = take(&rest) { $0.isASCII && $0.isNumber || $0 == "." }
    _ = take(&rest) { $0 == " " || $0 == "\t" }
    let name = take(&rest) { $0.isLetter }
    guard let unit = units.first(where: { $0.names.contains(String(name)) }) else { return nil }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Int64(parts[0]) else { return nil }
    let product = whole.multipliedReportingOverflow(by: unit.size)
    if product.overflow { return nil }
    guard parts.count == 2 else { return product.partialValue }
    guard (1...9).contains(parts[1].count), let digits = Int64(parts[1]) else { return nil }
    let divisor = parts[1].reduce(Int64(1)) { power, _ in power * 10 }
    let fraction = digits.multipliedFullWidth(by: unit.size)
    let sum = product.partialValue.addingReportingOverflow(
      divisor.dividingFullWidth(fraction).quotient)
    return sum.overflow ? nil : sum.partialValue
  }

  private static func take(
    _ rest: inout Substring, while isPart: (Character) -> Bool
  ) -> Substring {
    let part = rest.prefix(while: isPart)
    rest = rest[part.endIndex...]
    return part
  }
}
