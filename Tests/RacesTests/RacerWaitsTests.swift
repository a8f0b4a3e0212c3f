import CLinux
import DriverModel
import Evidence
import Glibc
import Testing

@testable import Races

/// What a thread waits for, apart from uevents, of which a made-up /sys has none.
@Suite(.serialized) struct RacerWaitsTests {
  /// Longer than any test takes: a wait that ends by it has missed what it waited for.
  private static let patience: Duration = .seconds(20)

  @Test("a path is waited for until there is something, be it a link that points nowhere")
  func pathComes() throws {
    let bench = try Bench()
    bench.file("bind")
    bench.linkSoon("link")
    let results = bench.run([
      .init(
        steps: [.awaitPath(Self.at("link"), patience: Self.patience), bench.verb("bind")],
        isRacing: true)
    ])
    #expect(results.verbs.map(\.verb) == [.bind])
    let wait = results.steps[0][0]
    #expect(wait.error == 0)
    #expect(try #require(wait.end) <= results.verbs[0].start)
    #expect(bench.holding == 1)
  }

  @Test("what does not come ends its thread within its patience, and counts as nothing seen")
  func pathNeverComes() throws {
    let bench = try Bench()
    bench.file("bind")
    let results = bench.run([
      .init(
        steps: [.awaitPath(Self.at("none"), patience: .milliseconds(30)), bench.verb("bind")],
        isRacing: true)
    ])
    #expect(results.verbs.isEmpty)
    #expect(results.steps[0][0].error == ETIMEDOUT)
    #expect(try duration(results.steps[0][0]) >= 30_000_000)
    #expect(results.steps[0][1] == RacerResults.Step())
    #expect(bench.holding == 0)
  }

  @Test("a step counts as blocked while its thread sleeps in it, for a while and not before")
  func blocked() throws {
    let bench = try Bench()
    bench.file("bind")
    let results = bench.run(
      [
        .init(steps: [.pause(.milliseconds(400))], isRacing: true),
        .init(
          steps: [
            .awaitBlocked(thread: 0, step: 0, patience: Self.patience), bench.verb("bind"),
          ], isRacing: true),
      ], blockedState: "S")
    let pause = results.steps[0][0]
    let bind = try #require(results.verbs.first)
    #expect(try bind.start - #require(pause.start) >= 500_000)
    #expect(try bind.start < #require(pause.end))
  }

  @Test(
    "a thread that sleeps otherwise is not blocked; once its step has ended there is no use in waiting"
  )
  func notBlocked() throws {
    let bench = try Bench()
    bench.file("bind")
    // In a pause a thread sleeps in state S.
    let results = bench.run([
      .init(steps: [.pause(.milliseconds(50))], isRacing: true),
      .init(
        steps: [.awaitBlocked(thread: 0, step: 0, patience: Self.patience), bench.verb("bind")],
        isRacing: true),
    ])
    #expect(results.verbs.isEmpty)
    #expect(results.steps[1][0].error == ETIMEDOUT)
    #expect(try duration(results.steps[1][0]) < Self.patience.nanoseconds / 2)
  }

  @Test("a step that is never reached is not waited for longer than its thread lives")
  func neverReached() throws {
    let bench = try Bench()
    bench.file("bind")
    let results = bench.run([
      .init(
        steps: [.awaitPath(Self.at("none"), patience: .milliseconds(20)), bench.verb("bind")],
        isRacing: true),
      .init(
        steps: [.awaitBlocked(thread: 0, step: 1, patience: Self.patience), bench.verb("bind")],
        isRacing: true),
    ])
    #expect(results.verbs.isEmpty)
    #expect(try duration(results.steps[1][0]) < Self.patience.nanoseconds / 2)
  }

  @Test("a thread holds once, however much it waits for, and only where it races")
  func holding() throws {
    let bench = try Bench()
    bench.file("link")
    let wait = RacerProgram.Step.awaitPath(Self.at("link"), patience: Self.patience)
    _ = bench.run([
      .init(steps: [wait, wait, .pause(.zero)], isRacing: true),
      .init(steps: [wait], isRacing: true),
      .init(steps: [wait, wait], isRacing: false),
    ])
    #expect(bench.holding == 2)
  }

  @Test("every step says when it began and ended, pauses too")
  func allSteps() throws {
    let bench = try Bench()
    bench.file("bind")
    let results = bench.run([
      .init(steps: [.pause(.milliseconds(2)), bench.verb("bind")], isRacing: true),
      .init(steps: [bench.verb("unbind")], isRacing: true),
    ])
    #expect(results.steps.map(\.count) == [2, 1])
    #expect(try duration(results.steps[0][0]) >= 2_000_000)
    #expect(try #require(results.steps[0][0].end) <= #require(results.steps[0][1].start))
    #expect(results.steps[0][1].error == 0)
    #expect(results.steps[1][0].error == ENOENT)
  }

  @Test("a thread that cannot be bound to its CPU says why")
  func cpu() throws {
    let bench = try Bench()
    bench.file("bind")
    let usable = bench.run([.init(steps: [bench.verb("bind")], isRacing: false, cpu: 0)])
    #expect(usable.spinnerError == 0)
    let missing = bench.run([.init(steps: [bench.verb("bind")], isRacing: false, cpu: 1023)])
    #expect(missing.spinnerError == EINVAL)
    #expect(missing.verbs.count == 1)
  }

  @Test("threads that share a CPU leave it to the racing ones")
  func sharedCPU() {
    var program = RacerProgram(threads: [
      .init(steps: [], isRacing: false), .init(steps: [], isRacing: true),
    ])
    program.shareCPU(1)
    #expect(program.threads.map(\.cpu) == [1, 1])
    #expect(program.threads.map(\.isUrgent) == [false, true])
  }

  @Test("between two tries a thread on a CPU that it shares sleeps, so that the others go on")
  func triesOnSharedCPU() throws {
    let bench = try Bench()
    var (before, attempts) = (0, 0)
    // On a machine that is busy with others it takes longer to come to some.
    for patience in [400, 4000, 40_000] where attempts <= 40 {
      before = Self.sleeps
      let results = bench.run([
        .init(
          steps: [bench.verb("bind", retry: [ENOENT], patience: .milliseconds(patience))],
          isRacing: true, cpu: 0)
      ])
      attempts = try #require(results.verbs.first).attempts
    }
    #expect(attempts > 40)
    // The first ones are too short to be any.
    #expect(Self.sleeps - before >= attempts - 20)
  }

  /// How often threads of this process have given their CPU up by themselves.
  private static var sleeps: Int {
    var usage = rusage()
    _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_nvcsw
  }

  private static func at(_ name: String) -> String { "bus/scsi/drivers/sd/\(name)" }

  private func duration(_ step: RacerResults.Step) throws -> Int64 {
    try #require(step.end) - #require(step.start)
  }
}

@Suite struct TaskStateTests {
  @Test(
    "the state stands behind the last bracket, whatever the name holds",
    arguments: [
      ("12 (modprobe) D 1 12 12", "D"), ("12 (a) S (b) R) S 1", "S"), ("12 () Z 1", "Z"),
      ("12 (\n) D\n) R 1", "R"),
    ])
  func parse(text: String, state: Unicode.Scalar) {
    #expect(unsafe CLinux_state_in(text, text.utf8.count) == CChar(state.value))
  }

  @Test(
    "a text without a state has none", arguments: ["", "12 (modprobe", "12 (modprobe)", "12 (a) "])
  func noState(text: String) {
    #expect(unsafe CLinux_state_in(text, text.utf8.count) == 0)
  }

  @Test("of this thread, of a child that sleeps, and of nobody")
  func live() throws {
    let own = CLinux_open_state_of_thread(CLinux_gettid())
    defer { close(own) }
    #expect(CLinux_task_state(own) == CChar(UInt8(ascii: "R")))

    var child = try ChildProcess(["sleep", "60"])
    let file = CLinux_open_state_of_process(child.pid)
    defer { close(file) }
    var state: CChar = 0
    for _ in 0..<1000 where state != CChar(UInt8(ascii: "S")) {
      usleep(1000)
      state = CLinux_task_state(file)
    }
    #expect(state == CChar(UInt8(ascii: "S")))
    kill(child.pid, SIGKILL)
    _ = try child.wait(.seconds(5))
    #expect(CLinux_task_state(file) == 0)
    #expect(CLinux_open_state_of_process(child.pid) == -1)
  }
}
