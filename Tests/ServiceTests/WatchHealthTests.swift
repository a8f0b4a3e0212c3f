import Evidence
import Testing

@testable import Service

/// What `systemctl status` says of what the watch can see.
@Suite struct WatchHealthTests {
  private func text(_ health: WatchHealth) -> String { health.text { "at \($0)" } }

  @Test("a watch that sees says so, and one that shall not trace that it does not")
  func sees() {
    var health = WatchHealth()
    #expect(text(health) == "evidence trace" && health.level == .trace)
    health.isTraceWanted = false
    #expect(text(health) == "evidence uevent, as Trace=no says" && health.level == .uevent)
  }

  @Test("blindness is told with its reason and its begin, which another reason does not change")
  func blind() {
    var health = WatchHealth()
    let first = health.goBlind("kernel.ftrace_enabled is 0", at: 5)
    #expect(health.level == .uevent)
    #expect(text(health) == "evidence uevent, blind since at 5: kernel.ftrace_enabled is 0")
    let second = health.goBlind("kernel.ftrace_enabled is 0", at: 6)
    let third = health.goBlind("kprobes do not fire", at: 7)
    #expect([first, second, third] == [true, false, true], "the same again is no news")
    #expect(text(health) == "evidence uevent, blind since at 5: kprobes do not fire")
    health.see()
    #expect(text(health) == "evidence trace")
    _ = health.goBlind("again", at: 9)
    #expect(text(health) == "evidence uevent, blind since at 9: again")
  }

  @Test("an instant is one of this host's clock")
  func clock() {
    #expect(
      WatchHealth.clock(1_795_780_800_000_000).wholeMatch(of: /2026-11-2[678] \d\d:\d\d/) != nil)
  }

  @Test("what costs the host something is tried less and less often, what costs nothing each time")
  func retries() {
    var retries = Retries()
    var now = Time(nanoseconds: 0)
    func wait() -> Int64 {
      let start = now
      while !retries.isDue(at: now) { now.nanoseconds += 1_000_000_000 }
      return (now - start) / 1_000_000_000
    }
    retries.note(failureAt: now, isCheap: true)
    #expect(wait() == 0)
    let waits = (1...9).map { _ in
      retries.note(failureAt: now, isCheap: false)
      return wait()
    }
    #expect(waits == [10, 20, 40, 80, 160, 320, 600, 600, 600])
  }
}
