import DriverModel
import Evidence

@testable import Service

/// Values of options, as a user may mistype them. The parsers are the command's own: Arguments has links to them,
/// as a library cannot depend on a program.
enum ArgumentFuzz: FuzzTarget {
  static let name = "arguments"

  static func run(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    if let duration = value({ try DurationArgument(text).duration }) {
      must(duration > .zero && duration <= .seconds(365 * 86_400), "a duration of \(duration)")
    }
    _ = value { try DurationArgument.orZero(text) }
    if let bytes = value({ try SizeArgument(text).bytes }) {
      must((1...1 << 30).contains(bytes), "\(bytes) bytes")
    }
    if let number = value({ try Int.positive(text) }) { must(number > 0, "\(number)") }
    _ = value { try UInt64.seed(text) }
    for now in [Int64(0), 1_795_780_800] {
      if let instant = value({ try InstantArgument(text, now: now).realtime }) {
        must(abs(instant / 1_000_000) < 1 << 40, "an instant of \(instant)")
      }
    }
    let targets = CommaList.targets(text)
    must(targets.joined(separator: ",") == text, "a list that loses something")
    for target in targets {
      if let target = try? Target(target) {
        must((try? Target("\(target)")) == target, "\(target) is read as something else")
      }
    }
    if let span = TimeSpan.parse(text) { must(span >= .zero, "a span of \(span)") }
    if let bytes = ByteSize.parse(text) { must(bytes >= 0, "\(bytes) bytes") }
  }

  /// Nil where it is refused, which is said in a line that goes on behind the value.
  private static func value<Value>(_ parse: () throws -> Value) -> Value? {
    do {
      return try parse()
    } catch {
      must("\(error)".hasPrefix("is ") || "\(error)".hasPrefix("has "), "\(error)")
      return nil
    }
  }
}
