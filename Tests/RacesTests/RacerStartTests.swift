import CLinux
import DriverModel
import Evidence
import Glibc
import Testing

@testable import Races

/// A racer that could not be started: there is no process to end, and nobody else's may be.
@Suite struct RacerStartTests {
  /// In a process of its own, in a group of its own, which a kill(2) of 0 would end.
  @Test("a start that fails ends nobody", .enabled(if: !NotStarted.isMeant))
  func failed() throws {
    let program = try #require(try Directory("/proc/self").link("exe"))
    var child = try ChildProcess(
      [
        "env", "\(NotStarted.variable)=1", program, "--testing-library", "swift-testing",
        "--filter", "RacerNotStarted",
      ], capturesOutput: true)
    let outcome = try child.wait(.seconds(120))
    let report = "\(child.output)\(child.errors)"
    #expect(outcome == .exited(0), "\(report)")
    #expect(report.contains("Suite RacerNotStarted passed"), "\(report)")
  }

  @Test("one that ends at once is no racer, and is reaped")
  func ended() throws {
    var racer: Racer? = try Racer(
      sysfs: "/sys", proc: try Directory("/proc"), program: "/bin/true")
    let pid = try #require(racer?.pid)
    let program = RacerProgram(threads: [.init(steps: [.pause(.zero)], isRacing: true)], spin: nil)
    #expect(throws: SystemError.self) { try racer?.run(program, deadline: .seconds(1)) }
    racer = nil
    #expect(kill(pid, 0) == -1 && errno == ESRCH)
  }

  /// By the signal 0, which is sent to nobody and fails only where nobody is there.
  @Test("a signal is for one process alone, and not for init", arguments: [0, -1, 1, Int32.min])
  func many(pid: Int32) {
    #expect(CLinux_signal(pid, 0) == -1 && errno == EINVAL)
    #expect(CLinux_signal(getpid(), 0) == 0)
  }
}

private enum NotStarted {
  static let variable = "BINDRACE_RACER_NOT_STARTED"
  static var isMeant: Bool { unsafe getenv(variable) != nil }
}

/// What `RacerStartTests` runs in a process of its own.
@Suite(.enabled(if: NotStarted.isMeant, "run by RacerStartTests")) struct RacerNotStarted {
  @Test(arguments: ["/nowhere/bindrace", "/proc/self/status"])
  func start(program: String) throws {
    let error = #expect(throws: SystemError.self) {
      _ = try Racer(sysfs: "/sys", proc: try Directory("/proc"), program: program)
    }
    #expect(error?.call == "posix_spawn")
  }
}
