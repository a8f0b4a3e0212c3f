import DriverModel
import Evidence
import Testing

@testable import Service

/// What the daemon races at most, on a clock that the test moves.
@Suite struct RaceQueueTests {
  private static let bounds = RaceBounds(
    perMinute: 3, perDevice: 2, backOff: .seconds(600), longestBackOff: .seconds(1500), queue: 4,
    memory: 8)
  private var queue = RaceQueue(bounds: bounds)

  private func at(_ seconds: Int64) -> Time { Time(nanoseconds: seconds * 1_000_000_000) }

  @Test("devices are raced in the order in which they came, each once")
  mutating func order() {
    for name in ["a", "b", "a"] { #expect(queue.add(name, hasDriver: true, at: at(0)) == nil) }
    #expect(queue.next(at: at(0)).next == .race("a"))
    #expect(queue.next(at: at(0)).next == .race("b"))
    #expect(queue.next(at: at(0)).next == .nothing)
  }

  @Test("one that came is raced when it has a driver, and left out when it gets none")
  mutating func driver() {
    #expect(queue.add("a", hasDriver: false, at: at(0)) == nil)
    #expect(queue.add("b", hasDriver: false, at: at(1)) == nil)
    #expect(queue.next(at: at(2)).next == .wait(at(10)))
    queue.attached("b")
    #expect(queue.next(at: at(2)).next == .race("b"))
    let late = queue.next(at: at(10))
    #expect(late.next == .nothing)
    #expect(late.leftOut.map(\.target) == ["a"])
    #expect(late.leftOut.map(\.reason) == [.driverless])
  }

  @Test("one that has gone is not raced")
  mutating func removed() {
    #expect(queue.add("a", hasDriver: true, at: at(0)) == nil)
    queue.removed("a")
    #expect(queue.next(at: at(0)).next == .nothing)
  }

  @Test("no more races in a minute than allowed")
  mutating func perMinute() {
    for name in ["a", "b", "c", "d"] { _ = queue.add(name, hasDriver: true, at: at(0)) }
    for second in 0..<3 { _ = queue.next(at: at(Int64(second))) }
    #expect(queue.next(at: at(3)).next == .wait(at(60)))
    #expect(queue.next(at: at(60)).next == .race("d"))
  }

  @Test("no more races of a device in an hour than allowed")
  mutating func perDevice() {
    for second in [Int64(0), 100] {
      #expect(queue.add("a", hasDriver: true, at: at(second)) == nil)
      #expect(queue.next(at: at(second)).next == .race("a"))
      queue.ended("a", foundSomething: false, at: at(second))
    }
    #expect(queue.add("a", hasDriver: true, at: at(200)) == .tooOften)
    #expect(queue.add("b", hasDriver: true, at: at(200)) == nil)
    #expect(queue.add("a", hasDriver: true, at: at(3600)) == nil)
  }

  @Test("after a finding a device is left alone, twice as long each time up to a limit")
  mutating func backOff() {
    queue.bounds.perDevice = 100
    var now: Int64 = 0
    for wait in [Int64(600), 1200, 1500, 1500] {
      #expect(queue.add("a", hasDriver: true, at: at(now)) == nil)
      #expect(queue.next(at: at(now)).next == .race("a"))
      queue.ended("a", foundSomething: true, at: at(now))
      #expect(queue.add("a", hasDriver: true, at: at(now + wait - 1)) == .backOff)
      now += wait
    }
    #expect(queue.add("a", hasDriver: true, at: at(now)) == nil)
    #expect(queue.next(at: at(now)).next == .race("a"))
    queue.ended("a", foundSomething: false, at: at(now))
    #expect(queue.add("a", hasDriver: true, at: at(now)) == nil)
  }

  @Test("a storm fills the queue and no more, and each that is left out is told")
  mutating func storm() {
    let leftOut = (0..<1000).compactMap { queue.add("d\($0)", hasDriver: true, at: at(0)) }
    #expect(queue.count == 4)
    #expect(leftOut == Array(repeating: .full, count: 996))
  }

  @Test("of devices that come and go under new names the latest are remembered")
  mutating func memory() {
    queue.bounds.perDevice = 1
    queue.bounds.perMinute = 1000
    for number in 0..<20 {
      let second = Int64(number)
      #expect(queue.add("d\(number)", hasDriver: true, at: at(second)) == nil)
      #expect(queue.next(at: at(second)).next == .race("d\(number)"))
    }
    #expect(queue.add("d19", hasDriver: true, at: at(30)) == .tooOften)
    #expect(queue.add("d0", hasDriver: true, at: at(30)) == nil)
  }
}
