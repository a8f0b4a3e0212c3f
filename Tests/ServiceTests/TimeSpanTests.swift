import Testing

@testable import Service

/// Time spans and sizes mean what systemd means by them.
@Suite struct TimeSpanTests {
  @Test(
    arguments: [
      ("2 h", .seconds(7200)), ("2hours", .seconds(7200)), ("48hr", .seconds(172_800)),
      ("1y 12month", .seconds(63_117_792)), ("55s500ms", .milliseconds(55_500)),
      ("300ms20s 5day", .milliseconds(432_020_300)), ("50", .seconds(50)),
      ("2min 200ms", .milliseconds(120_200)), ("1.5h", .seconds(5400)), ("0", .zero),
      ("0.000001s", .microseconds(1)), ("1m", .seconds(60)), ("1M", .seconds(2_630_016)),
      ("7µs", .microseconds(7)), ("1w", .seconds(604_800)), ("5min 30", .seconds(330)),
    ] as [(String, Duration)])
  func `a time span is read as in systemd.time(7)`(text: String, duration: Duration) {
    #expect(TimeSpan.parse(text) == duration)
  }

  @Test(
    arguments: [
      "", " ", "h", "-1h", "+1h", "1 parsec", "1.s", ".5s", "1.2.3s", "1h,", "５s", "infinity",
      "9223372036854775808s", "9223372036s 9223372036s", "300y", "1e3s",
    ])
  func `what is none is not`(text: String) { #expect(TimeSpan.parse(text) == nil) }

  @Test(
    arguments: [
      (.zero, "0"), (.seconds(5400), "1h 30min"), (.milliseconds(1500), "1s 500ms"),
      (.seconds(86_400 * 365), "365d"), (.microseconds(1), "1us"),
    ] as [(Duration, String)])
  func `it is written so that it is read again`(duration: Duration, text: String) {
    #expect(TimeSpan.text(duration) == text)
    #expect(TimeSpan.parse(text) == duration)
  }

  @Test(arguments: [
    ("0", 0), ("65536", 65536), ("512K", 524_288), ("16M", 1 << 24), ("1G", 1 << 30),
  ])
  func `a size is read`(text: String, bytes: Int) { #expect(ByteSize.parse(text) == bytes) }

  @Test(arguments: [
    "", "K", "-1", "+1", "1k", "1 K", "1KB", "9223372036854775807K", "99999999999999999999",
  ])
  func `what is no size is not`(text: String) { #expect(ByteSize.parse(text) == nil) }

  @Test(arguments: [(1, "1"), (1 << 20, "1M"), (1536, "1536"), (3 << 10, "3K"), (0, "0")])
  func `a size is written`(bytes: Int, text: String) { #expect(ByteSize.text(bytes) == text) }
}
