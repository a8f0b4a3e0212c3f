internal import Glibc

/// An instant as journalctl(1) takes it (systemd.time(7)): "2026-11-27 12:00:00", "12:00", "-5min",
/// "1h ago", "today", "yesterday", "now" or "@1795774405".
struct InstantArgument: Sendable {
  /// Microseconds since 1970.
  let realtime: Int64

  init(_ text: String) throws {
    var seconds = time_t()
    unsafe time(&seconds)
    try self.init(text, now: Int64(seconds))
  }

  /// - Parameter now: seconds since 1970.
  init(_ text: String, now: Int64) throws {
    guard let seconds = Self.seconds(text, now), abs(seconds) < 1 << 40 else {
      throw WrongValue(
        "is not a time, such as \"2026-11-27 12:00:00\", -5min, -1h, today, yesterday or @1795774405"
      )
    }
    realtime = seconds * 1_000_000
  }

  private static func seconds(_ text: String, _ now: Int64) -> Int64? {
    switch text {
    case "now": return now
    case "today": return midnight(now, days: 0)
    case "yesterday": return midnight(now, days: -1)
    case "tomorrow": return midnight(now, days: 1)
    default: break
    }
    if let digits = text.after("@") { return number(digits) }
    if let span = text.after("-") { return duration(span).map { now - $0 } }
    if let span = text.after("+") { return duration(span).map { now + $0 } }
    if text.hasSuffix(" ago") { return duration(text.dropLast(4)).map { now - $0 } }
    return calendar(text, now)
  }

  // MARK: - Spans

  private static let units: [String: Int64] = [
    "": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60,
    "minutes": 60, "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "d": 86_400, "day": 86_400,
    "days": 86_400, "w": 604_800, "week": 604_800, "weeks": 604_800, "month": 2_629_800,
    "months": 2_629_800, "y": 31_557_600, "year": 31_557_600, "years": 31_557_600,
  ]

  /// "5min", "1h 30min"; nil also where it is longer than anybody's past.
  private static func duration(_ text: Substring) -> Int64? {
    var rest = text.filter { $0 != " " }[...]
    if rest.isEmpty { return nil }
    var sum: Int64 = 0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
      guard let count = number(digits), count < 1 << 32, let size = units[String(unit)] else {
        return nil
      }
      sum += count * size
      // Before the next one is added: many of the longest overflow.
      if sum > longest { return nil }
      rest = rest.dropFirst(digits.count + unit.count)
    }
    return sum
  }

  /// Seconds; the sum of any two is a number yet.
  private static let longest: Int64 = 1 << 60

  private static func number(_ digits: Substring) -> Int64? {
    digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int64(digits) : nil
  }

  // MARK: - Dates

  /// A day, and a time in it; `mktime` takes a day 0 for the last one of the month before.
  private struct Calendar {
    var year: Int32
    var month: Int32
    var day: Int32
    var time: [Int32] = [0, 0, 0]

    /// The day that it is now.
    init(_ now: Int64) {
      var seconds = time_t(now)
      var parts = unsafe tm()
      unsafe localtime_r(&seconds, &parts)
      unsafe (year, month, day) = (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
    }

    /// Seconds since 1970 in the time zone of the process.
    var instant: Int64 {
      var parts = unsafe tm()
      unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
      unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (time[0], time[1], time[2])
      unsafe parts.tm_isdst = -1
      return Int64(unsafe mktime(&parts))
    }
  }

  private static func midnight(_ now: Int64, days: Int32) -> Int64 {
    var calendar = Calendar(now)
    calendar.day += days
    return calendar.instant
  }

  /// A date, a time of today, or both.
  private static func calendar(_ text: String, _ now: Int64) -> Int64? {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard (1...2).contains(words.count) else { return nil }
    var calendar = Calendar(now)
    let isTimeAlone = words.count == 1 && words[0].contains(":")
    if !isTimeAlone {
      guard let date = numbers(words[0], "-"), date.count == 3, words[0].utf8.count == 10,
        (1970...9999).contains(date[0]), (1...12).contains(date[1]), (1...31).contains(date[2])
      else { return nil }
      (calendar.year, calendar.month, calendar.day) = (date[0], date[1], date[2])
    }
    if isTimeAlone || words.count == 2 {
      guard let time = numbers(words[words.count - 1], ":"), (2...3).contains(time.count),
        (0...23).contains(time[0]), time[1...].allSatisfy({ (0...59).contains($0) })
      else { return nil }
      calendar.time = time.count == 3 ? time : time + [0]
    }
    return calendar.instant
  }

  private static func numbers(_ text: Substring, _ mark: Character) -> [Int32]? {
    let parts = text.split(separator: mark, omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in (1...4).contains(part.count) ? number(part) : nil }
    return numbers.count == parts.count ? numbers.map { Int32($0) } : nil
  }
}

extension String {
  fileprivate func after(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
