import Evidence
import Glibc
import Synchronization
import Testing

@testable import DriverModel

/// Something is done when a time is over, or not at all.
@Suite struct AlarmTests {
  private final class Rung: Sendable {
    private let names = Mutex<[String]>([])

    func ring(_ name: String) { names.withLock { $0.append(name) } }
    func wait(for name: String) {
      let end = MonotonicClock.now() + .seconds(20)
      while !all.contains(name), MonotonicClock.now() < end { usleep(1000) }
    }
    var all: [String] { names.withLock { $0 } }
  }

  private let rung = Rung()

  @Test("it rings when its time is over, and not before")
  func rings() throws {
    let rung = rung
    let begin = MonotonicClock.now()
    let alarm = try Alarm("alarm", after: .milliseconds(30)) { rung.ring("one") }
    withExtendedLifetime(alarm) { rung.wait(for: "one") }
    #expect(MonotonicClock.now() - begin >= 30_000_000)
    #expect(rung.all == ["one"])
  }

  @Test("one whose life ends before does not wait for its time")
  func calledOff() throws {
    var alarm: Alarm? = try Alarm("alarm-of-hours", after: .seconds(36_000)) {}
    try wait(until: true)
    alarm = nil
    try wait(until: false)
    _ = alarm
  }

  private func wait(until isThere: Bool) throws {
    let end = MonotonicClock.now() + .seconds(20)
    while try threads().contains("alarm-of-hours") != isThere, MonotonicClock.now() < end {
      usleep(1000)
    }
    #expect(try threads().contains("alarm-of-hours") == isThere)
  }

  /// As ps(1) shows the threads of this process.
  private func threads() throws -> [String] {
    let tasks = try Directory("/proc/self/task")
    return try tasks.names().compactMap { try? tasks.text("\($0)/comm") }
  }
}
