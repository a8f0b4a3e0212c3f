import Testing

@testable import bindrace

/// Times as journalctl takes them. What depends on the time zone is compared with itself.
@Suite struct InstantTests {
  static let now: Int64 = 1_795_780_800

  private func seconds(_ text: String) throws -> Int64 {
    try InstantArgument(text, now: Self.now).realtime / 1_000_000
  }

  @Test(
    "Spans before and after now",
    arguments: [
      ("now", 0), ("-5min", -300), ("-1h", -3600), ("+90", 90), ("-1h 30min", -5400),
      ("-1h30m", -5400), ("2 days ago", -172_800), ("-1w", -604_800), ("@1795780801", 1),
    ])
  func spans(_ text: String, _ offset: Int64) throws {
    #expect(try seconds(text) - Self.now == offset)
  }

  @Test("Days begin at midnight, and a time without a day is of today")
  func days() throws {
    #expect(try seconds("today") <= Self.now)
    #expect(Self.now - (try seconds("today")) < 25 * 3600)
    #expect(try (23...25).contains((seconds("today") - seconds("yesterday")) / 3600))
    #expect(try seconds("00:00") == seconds("today"))
    #expect(try seconds("12:34:56") - seconds("12:34") == 56)
    #expect(try seconds("2026-11-26 06:00:00") - seconds("2026-11-26") == 6 * 3600)
    #expect(try seconds("2026-03-01") - seconds("2026-02-28") == 86_400)
  }

  @Test(
    "What is no time is refused",
    arguments: [
      "", "-", "yesteryear", "5min", "-5parsecs", "2026-13-01", "2026-1-1", "2026-11-27 24:00",
      "25:00", "12:60", "@", "@x", "-99999999999999999999s", "2026-11-27  12:00", "2026-11-27 ago",
      "@99999999999999999",
    ])
  func wrong(_ text: String) {
    #expect(throws: WrongValue.self) { try InstantArgument(text, now: Self.now) }
  }
}
