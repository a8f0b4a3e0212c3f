import Foundation

/// How much is raced. Every day ten hits of a race are enough; BINDRACE_FULL=1 takes the sizes that
/// the project answers for.
enum Size {
  static let isFull = ProcessInfo.processInfo.environment["BINDRACE_FULL"] == "1"

  /// Cycles of a race that is hit nearly every time, and the hits that are asked of them.
  static let cycles = isFull ? 60 : 12
  static let hits = isFull ? 40 : 10
  /// Cycles of the control.
  static let rebinds = isFull ? 200 : 20
  /// Cycles that each leave a mark in the kernel's log.
  static let marks = isFull ? 100 : 20
  /// Cycles of the race that takes a minute each.
  static let saturated = 3

  /// Cycles of each pattern of the catalog, and the hits that are asked of each race.
  static let catalog = isFull ? 20 : 5
  static let catalogHits = isFull ? 10 : 2

  /// Patterns that are attempted on each device in use: a look at the host for each takes a quarter of a second.
  static let refused =
    isFull ? ["all"] : ["unbind-rebind", "hotplug-async", "driver-load-async", "remove-vs-unbind"]

  /// Spare devices among those in use that are raced, a second or two each.
  static let spare = isFull ? 10 : 3

  /// Seconds for which a probe holds its device's lock.
  static let held = isFull ? 65 : 15

  /// Events of a storm, and the seconds of the race beside it.
  static let storm = isFull ? 50_000 : 2000
  static let stormTime = isFull ? 200 : 20

  /// Seconds for which nothing happens to the daemon.
  static let idle = isFull ? 600 : 60
  /// Disks that come to the daemon at once.
  static let disks = isFull ? 1000 : 200

  /// How long the shipped profile races, in place of its minute.
  static let race = isFull ? "" : "15s"

  /// For the scripts.
  static var variables: [String] {
    [
      "CYCLES=\(cycles)", "REBINDS=\(rebinds)", "MARKS=\(marks)", "SATURATED=\(saturated)",
      "HELD=\(held)",
      "ENDLESS=\(isFull ? "1" : "")",
      "CATALOG=\(catalog)", "STORM=\(storm)", "STORM_TIME=\(stormTime)",
      "IDLE=\(idle)", "DISKS=\(disks)", "EACH_OPTION=\(isFull ? "1" : "")", "RACE=\(race)",
      "REFUSED=\(refused.joined(separator: " "))", "SPARE=\(spare)",
    ]
  }
}
