internal import Glibc

/// Instants as people write them: "2026-11-27 19:40:02".
public struct WallClock: Sendable {
  private let isUTC: Bool

  /// - Parameter isUTC: else the time zone of the process (tzset(3)).
  public init(isUTC: Bool = false) {
    self.isUTC = isUTC
  }

  /// - Parameter realtime: microseconds since 1970.
  func text(_ realtime: Int64) -> String {
    var seconds = time_t(realtime / 1_000_000)
    var parts = unsafe tm()
    if isUTC { unsafe gmtime_r(&seconds, &parts) } else { unsafe localtime_r(&seconds, &parts) }
    let date = unsafe [parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday]
    let time = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec]
    return date.map(twoDigits).joined(separator: "-") + " "
      + time.map(twoDigits).joined(separator: ":")
  }

  private func twoDigits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
