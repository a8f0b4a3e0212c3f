internal import Evidence
internal import Glibc

/// What a watch can see now: whether it is told who attached what, and if not, why and since when.
struct WatchHealth: Equatable {
  /// Why nothing is traced; nil where it is.
  private(set) var blindness: String?
  /// Microseconds since 1970.
  private(set) var since: Int64 = 0
  /// False where nothing shall be traced.
  var isTraceWanted = true

  var level: EvidenceLevel { isTraceWanted && blindness == nil ? .trace : .uevent }

  /// True where that is news.
  mutating func goBlind(_ reason: String, at now: Int64) -> Bool {
    if blindness == reason { return false }
    if blindness == nil { since = now }
    blindness = reason
    return true
  }

  mutating func see() { blindness = nil }

  /// For `systemctl status`.
  var text: String { text(clock: Self.clock) }

  /// - Parameter clock: an instant as it is shown.
  func text(clock: (Int64) -> String) -> String {
    if !isTraceWanted { return "evidence \(level.rawValue), as Trace=no says" }
    guard let blindness else { return "evidence \(level.rawValue)" }
    return "evidence \(level.rawValue), blind since \(clock(since)): \(blindness)"
  }

  /// "2026-11-27 12:01", in the time zone of the process.
  static func clock(_ realtime: Int64) -> String {
    var seconds = time_t(realtime / 1_000_000)
    var parts = unsafe tm()
    unsafe localtime_r(&seconds, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let count = unsafe strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M", &parts)
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Microseconds since 1970.
  static var now: Int64 {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
  }
}

/// When probes that do not fire are made anew: that costs the host a moment each time, so it is tried less and less
/// often.
struct Retries {
  private var interval: Int64 = 0
  private var next = Time(nanoseconds: 0)

  private static let (first, last): (Int64, Int64) = (10_000_000_000, 600_000_000_000)

  func isDue(at now: Time) -> Bool { now >= next }

  /// - Parameter isCheap: nothing was made, as it was seen before that it would not do.
  mutating func note(failureAt now: Time, isCheap: Bool) {
    if isCheap { return }
    interval = min(Self.last, max(Self.first, interval * 2))
    next = Time(nanoseconds: now.nanoseconds + interval)
  }
}
