import DriverModel
import Evidence
import Testing

@testable import bindrace

/// Thousands of made-up values for every kind of argument: each is taken within its limits, or refused in a
/// line, and none ends the program.
@Suite struct ArgumentInputTests {
  /// What values are made of, so that many are nearly right.
  private static let pieces = [
    "0", "1", "9", "60", "999", "4294967295", "4294967296", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "18446744073709551616",
    "99999999999999999999999999", ".", ".5", "-", "+", "@", " ", ",", "/", "//", ":", "e", "E9",
    "ms", "s",
    "m", "min", "h", "d", "w", "y", "years", "month", "K", "M", "G", "T", "inf", "nan", "0x1f",
    "ago",
    " ago", "now", "today", "yesterday", "tomorrow", "2026-11-27", "12:00", "24:00:61",
    "9999-12-31",
    "scsi", "0:0:0:0", "/sys", "/dev", "..", "driver:", "provider:", "A1", "all", "hang", "\u{0}",
    "\u{7f}",
    "\n", "é", "٣", "②", "\u{301}", "\u{feff}", "😀",
  ]

  private static func made(_ count: Int) -> [String] {
    var generator = Generator(state: 1)
    return (0..<count).map { _ in
      let length = Int.random(in: 0...6, using: &generator)
      var text = (0..<length).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      // Now and then many of the same.
      if Int.random(in: 0..<20, using: &generator) == 0 {
        text = String(repeating: text, count: Int.random(in: 2...200, using: &generator))
      }
      return text
    }
  }

  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    /// SplitMix64.
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  @Test("durations, sizes, numbers and seeds")
  func amounts() throws {
    var taken = 0
    for text in Self.made(20_000) {
      if let duration = try Self.value(text, DurationArgument.init)?.duration {
        #expect(duration > .zero && duration <= .seconds(365 * 86_400), "'\(text)' is \(duration)")
        taken += 1
      }
      if let duration = try Self.value(text, DurationArgument.orZero)?.duration {
        #expect(duration >= .zero, "'\(text)' is \(duration)")
      }
      if let bytes = try Self.value(text, SizeArgument.init)?.bytes {
        #expect((1...1 << 30).contains(bytes), "'\(text)' is \(bytes)")
        taken += 1
      }
      if let number = try Self.value(text, Int.positive) { #expect(number > 0) }
      if let seed = try Self.value(text, UInt64.seed) { #expect(text.hasSuffix("\(seed)")) }
    }
    #expect(taken > 100)
  }

  @Test("instants")
  func instants() throws {
    var taken = 0
    for text in Self.made(20_000) {
      for now in [Int64(0), 1_795_780_800] {
        guard let instant = try Self.value(text, { try InstantArgument($0, now: now) }) else {
          continue
        }
        #expect(abs(instant.realtime / 1_000_000) < 1 << 40, "'\(text)' is \(instant.realtime)")
        taken += 1
      }
    }
    #expect(taken > 100)
  }

  @Test("spans of many parts, which together are more than a number holds")
  func longSpans() throws {
    for sign in ["-", "+"] {
      for count in [1, 2, 67, 68, 200] {
        let text = sign + String(repeating: "4294967295y", count: count)
        #expect(try Self.value(text, { try InstantArgument($0, now: 1) }) == nil)
      }
    }
  }

  @Test("lists of targets, patterns and verdicts")
  func lists() throws {
    for text in Self.made(20_000) {
      let items = CommaList.targets(text)
      #expect(items.joined(separator: ",") == text)
      for item in items where item.hasPrefix("/") == false {
        if case .device(let bus, let name)? = try? Target(item) {
          #expect("\(bus)/\(name)" == item)
        }
      }
      for item in try Self.value(text, PatternName.known) ?? [] { #expect(text.contains(item)) }
      for item in try Self.value(text, VerdictList.failing) ?? [] {
        #expect(text.contains(item.rawValue))
      }
      _ = try Self.value(text, VerdictList.noted)
    }
  }

  @Test(
    "a comma ends a target where what follows is another, and is part of a name elsewhere",
    arguments: [
      ("scsi/0:0:0:0,scsi/0:0:0:1", ["scsi/0:0:0:0", "scsi/0:0:0:1"]),
      ("platform/leds,gpio,driver:pci/nvme", ["platform/leds,gpio", "driver:pci/nvme"]),
      ("/sys/devices/a,b/c,/dev/sda", ["/sys/devices/a,b/c", "/dev/sda"]),
      ("/dev/sda,driver:scsi/sd", ["/dev/sda", "driver:scsi/sd"]),
      ("scsi/0:0:0:0,/dev/sda", ["scsi/0:0:0:0", "/dev/sda"]),
      ("", [""]), (",", [","]),
    ])
  func targets(text: String, items: [String]) {
    #expect(CommaList.targets(text) == items)
  }

  /// Nil where it is refused, and that in one line that goes on behind the value.
  private static func value<Value>(_ text: String, _ parse: (String) throws -> Value) throws
    -> Value?
  {
    do {
      return try parse(text)
    } catch let wrong as WrongValue {
      #expect(wrong.description.hasPrefix("is ") || wrong.description.hasPrefix("has "))
      return nil
    }
  }
}
