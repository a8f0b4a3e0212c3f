import Evidence
import Glibc
import Synchronization
import Testing

@testable import DriverModel

/// Something is done when a time is over, or not at all.
@Suite(.timeLimit(.minutes(1))) struct AlarmTests {
  private final class Rung: Sendable {
    private let names = Mutex<[String]>([])

    func ring(_ name: String) { names.withLock { $0.append(name) } }
    func wait(for name: String) { while !all.contains(name) { usleep(1000) } }
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

  @Test("one whose life ends before does not ring")
  func calledOff() throws {
    let rung = rung
    let later = try Alarm("later", after: .milliseconds(200)) { rung.ring("later") }
    do {
      _ = try Alarm("off", after: .milliseconds(100)) { rung.ring("off") }
    }
    withExtendedLifetime(later) { rung.wait(for: "later") }
    #expect(rung.all == ["later"])
  }
}
