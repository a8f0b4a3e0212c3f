import Evidence
import Testing

@testable import Service

@Suite struct RaceArgumentsTests {
  @Test("a race is what the configuration says, in the words of bindrace stress")
  func arguments() {
    var race = Configuration.Race()
    race.patterns = ["hotplug-async", "A2"]
    race.widen = .cpu
    race.cycles = 3
    race.window = .milliseconds(250)
    #expect(
      race.arguments("scsi/0:0:0:0", denied: ["driver:scsi/sr"]) == [
        "stress", "scsi/0:0:0:0", "--quiet", "--cycles", "3", "--widen", "cpu",
        "--window", "250ms", "--deadline", "30000ms",
        "--pattern", "hotplug-async", "--pattern", "A2", "--deny", "driver:scsi/sr",
      ])
  }

  @Test("what is left out in one go is told once for each reason")
  func leftOut() {
    var leftOut = LeftOut()
    for target in ["a", "b", "c"] { leftOut.add(target, "too many") }
    leftOut.add("d", "too often")
    let told = leftOut.take()
    #expect(told.map(\.target) == ["a", "d"])
    #expect(told.map(\.reason) == ["too many (and 2 others)", "too often"])
    #expect(leftOut.take().isEmpty)
  }

  @Test(
    "a first attempt counts among the races of a minute, and comes to no device that is left alone")
  func firstAttempt() {
    var queue = RaceQueue(
      bounds: RaceBounds(
        perMinute: 2, perDevice: 1, backOff: .seconds(600), longestBackOff: .seconds(600)))
    let start = Time(nanoseconds: 0)
    let later = Time(nanoseconds: 60_000_000_000)
    let first = ["a", "b", "c"].map { queue.mayAttempt($0, at: start) }
    #expect(first == [true, true, false])
    let afterAMinute = queue.mayAttempt("c", at: later)
    #expect(afterAMinute)
    queue.ended("d", foundSomething: true, at: later)
    let afterAFinding = queue.mayAttempt("d", at: Time(nanoseconds: 61_000_000_000))
    #expect(!afterAFinding)
  }
}
