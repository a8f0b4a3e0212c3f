import CLinux
import Evidence
import Glibc
import Testing

@testable import Races

/// The racer's own loop, in a thread of the test, on a made-up /sys of plain files.
@Suite(.serialized) struct RacerTests {
  @Test("verbs are written in the order of their thread, and say when and with what outcome")
  func verbsInOrder() throws {
    let bench = try Bench()
    bench.file("bind")
    bench.file("unbind")
    let results = bench.run([
      .init(
        steps: [bench.verb("bind"), .pause(.milliseconds(2)), bench.verb("unbind")],
        isRacing: true)
    ])
    #expect(results.verbs.map(\.verb) == [.bind, .unbind])
    #expect(results.verbs.allSatisfy { $0.succeeded && $0.attempts == 1 })
    #expect(results.verbs[1].start - results.verbs[0].end! >= 2_000_000)
    #expect(bench.text("bind") == "0:0:0:0")
    #expect(results.processes.contains(results.verbs[0].pid))
  }

  @Test("a file that comes late is waited for where the step says so, and only there")
  func fileComesLate() throws {
    let bench = try Bench()
    let late = bench.run([
      .init(
        steps: [bench.verb("bind", retry: [ENOENT], patience: .milliseconds(30))], isRacing: true)
    ])
    #expect(late.verbs[0].errno == ENOENT)
    #expect(late.verbs[0].attempts > 1)

    let never = bench.run([.init(steps: [bench.verb("bind")], isRacing: true)])
    #expect(never.verbs[0].errno == ENOENT)
    #expect(never.verbs[0].attempts == 1)
  }

  @Test("what is awaited and does not come ends its thread: the verbs behind it are not done")
  func nothingComes() throws {
    let bench = try Bench()
    bench.file("bind")
    let results = bench.run([
      .init(
        steps: [.await("add@/devices/none", patience: .milliseconds(50)), bench.verb("bind")],
        isRacing: true)
    ])
    #expect(results.verbs.isEmpty)
    #expect(bench.text("bind") == "")
  }

  @Test("threads are released together, after all of them are ready")
  func releasedTogether() throws {
    let bench = try Bench()
    bench.file("bind")
    bench.file("unbind")
    let results = bench.run([
      .init(steps: [bench.verb("bind")], isRacing: true),
      .init(steps: [bench.verb("unbind")], isRacing: true),
    ])
    #expect(results.verbs.count == 2)
    #expect(Set(results.verbs.map(\.pid)).count == 2)
  }

  @Test("a program as large as the shared memory allows comes back as it went in")
  func wholeProgram() throws {
    let bench = try Bench()
    bench.file("bind")
    let steps = Array(repeating: bench.verb("bind"), count: RACER_STEPS)
    let threads = Array(
      repeating: RacerProgram.Thread(steps: steps, isRacing: true), count: RACER_THREADS)
    let results = bench.run(threads)
    #expect(results.verbs.count == RACER_STEPS * RACER_THREADS)
    #expect(results.verbs.allSatisfy { $0.succeeded })
  }

  @Test("a CPU is held until every racing thread is in its last verb, and for a grace after that")
  func heldForAll() throws {
    let bench = try Bench()
    #expect(!bench.letsGo(.returned, after: .seconds(1), racing: 1))
    #expect(!bench.letsGo(.returned, after: .milliseconds(5)))
    #expect(!bench.letsGo(.asleep, after: .milliseconds(5)))
  }

  @Test("after the grace it is let go when the last verb returned, or sleeps in the kernel")
  func letGo() throws {
    let bench = try Bench()
    #expect(bench.letsGo(.returned, after: .milliseconds(20)))
    #expect(bench.letsGo(.ended, after: .milliseconds(20)))
    #expect(bench.letsGo(.asleep, after: .milliseconds(20)))
  }

  @Test("a last verb that does not get to run is waited for, but not for ever")
  func notYetRunning() throws {
    let bench = try Bench()
    for verb in [Bench.LastVerb.awake, .commandToBegin] {
      #expect(!bench.letsGo(verb, after: .milliseconds(20)))
      #expect(!bench.letsGo(verb, after: .milliseconds(400)))
      #expect(bench.letsGo(verb, after: .milliseconds(600)))
    }
  }

  @Test("a slice begins anew when the path appears that renews it")
  func renewedSlice() throws {
    let bench = try Bench()
    bench.linkSoon("link")
    // The link comes after 300 ms.
    #expect(bench.slice(renewedBy: "bus/scsi/drivers/sd/link") >= .milliseconds(1015))
  }

  @Test("the path cuts a pause short; one that does not come, or none, does not")
  func renewedPause() throws {
    let bench = try Bench()
    bench.linkSoon("link")
    let cut = bench.rest(.seconds(20), renewedBy: "bus/scsi/drivers/sd/link")
    #expect(cut < .seconds(10))
    for path in [nil, "bus/scsi/drivers/sd/none"] {
      #expect(bench.rest(.milliseconds(60), renewedBy: path) >= .milliseconds(60))
    }
  }

  @Test("a slice that does not end is ended, and the race called off; a pause may last")
  func watchdog() throws {
    let bench = try Bench()
    let overdue = bench.watch(age: RacerProgram.Spin.deadline + .milliseconds(1))
    #expect(overdue.error == ETIME && !overdue.goesOn)
    let inTime = bench.watch(age: RacerProgram.Spin.longest)
    #expect(inTime.error == 0 && inTime.goesOn)
    let pausing = bench.watch(age: nil)
    #expect(pausing.error == 0 && pausing.goesOn)
  }
}
