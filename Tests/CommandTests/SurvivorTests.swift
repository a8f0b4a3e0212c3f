import CLinux
import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// The process that puts back what a killed run may not leave. What it puts back here is not on this host: an
/// attribute of a bus that there is not, so that it has nothing to write.
@Suite(.enabled(if: !RunOfATest.isMeant)) struct SurvivorTests {
  private let folder = TemporaryFolder()

  /// How a run of `SurvivedRun` ends, started in a process group of its own.
  private func end(of run: String) throws -> (outcome: ChildProcess.Outcome, said: String) {
    let program = try #require(try Directory("/proc/self").link("exe"))
    var child = try ChildProcess(
      [
        "env", "\(RunOfATest.variable)=\(run)", "\(RunOfATest.folder)=\(folder.path)", program,
        "--testing-library", "swift-testing", "--filter", "SurvivedRun",
      ], capturesOutput: true)
    return (try child.wait(.seconds(120)), "\(child.output)\(child.errors)")
  }

  private func isOver(_ limit: Duration, _ isDone: () throws -> Bool) throws -> Bool {
    let end = MonotonicClock.now() + limit
    while try !isDone() {
      if MonotonicClock.now() >= end { return false }
      usleep(20_000)
    }
    return true
  }

  private var open: Int {
    get throws {
      try HostSafety.Restore(host: try Host(), folder: "\(folder.path)/ledger").ledgers()
        .reduce(0) { $0 + $1.open.count }
    }
  }

  private var hasEnded: Bool {
    let pid = folder.text("pid").flatMap { Int32($0) } ?? 0
    return CLinux_signal(pid, 0) == -1 && errno == ESRCH
  }

  @Test func `a run that is killed with its whole process group is looked after`() throws {
    let (outcome, said) = try end(of: "killed")
    #expect(outcome == .signalled(SIGKILL), "\(said)")
    #expect(folder.names("ledger") == ["run"])
    #expect(try isOver(.seconds(15)) { try open == 0 })
    #expect(try isOver(.seconds(5)) { hasEnded })
  }

  @Test func `it ends with a run that ends well, which leaves no zombie`() throws {
    let (outcome, said) = try end(of: "well")
    #expect(outcome == .exited(0), "\(said)")
    #expect(said.contains("Suite SurvivedRun passed"), "\(said)")
    #expect(hasEnded && folder.names("ledger") == [])
  }

  @Test func `one that was ended is replaced before the next change`() throws {
    let (outcome, said) = try end(of: "robbed")
    #expect(outcome == .exited(0), "\(said)")
    #expect(said.contains("Suite SurvivedRun passed"), "\(said)")
  }
}

private enum RunOfATest {
  static let variable = "BINDRACE_SURVIVED_RUN"
  static let folder = "BINDRACE_SURVIVED_FOLDER"
  static var isMeant: Bool { value(variable) != nil }

  static func value(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}

/// What `SurvivorTests` runs in a process of its own.
@Suite(.enabled(if: RunOfATest.isMeant, "run by SurvivorTests")) struct SurvivedRun {
  private let change = Change.attribute(
    AttributeChange(path: "bus/bindrace-none/drivers_autoprobe", old: "1", new: "0"))

  @Test func run() throws {
    let folder = try #require(RunOfATest.value(RunOfATest.folder))
    let survivor = Survivor(run: "run", folder: "\(folder)/ledger", program: Binary.path)
    let proc = try Directory("/proc")
    let ledger = try Ledger(
      run: "run", folder: "\(folder)/ledger", proc: proc, survivor: survivor)
    #expect(survivor.pid == nil, "nothing is there yet that it would be for")
    try ledger.record(change)
    let pid = try #require(survivor.pid)
    note(pid, folder)
    switch RunOfATest.value(RunOfATest.variable) {
    case "killed":
      kill(0, SIGKILL)
    case "robbed":
      _ = CLinux_signal(pid, SIGKILL)
      var other: Int32?
      // Its end shows when the kernel has closed its files.
      for _ in 0..<500 where other == nil || other == pid {
        usleep(10_000)
        try ledger.record(change)
        other = survivor.pid
      }
      #expect(other != nil && other != pid)
    default:
      #expect(getsid(pid) == pid && getpgid(pid) == pid)
      let files = try proc.names("\(pid)/fd").compactMap { try proc.link("\(pid)/fd/\($0)") }
      #expect(!files.isEmpty && !files.contains { $0.hasSuffix("/ledger/run") })
    }
    try ledger.close(change)
    #expect(try ledger.finish())
    #expect(CLinux_signal(pid, 0) == -1 && errno == ESRCH)
  }

  private func note(_ pid: Int32, _ folder: String) {
    let number = unsafe CLinux_openat(AT_FDCWD, "\(folder)/pid", O_WRONLY | O_CREAT, 0o600)
    unsafe _ = write(number, "\(pid)", "\(pid)".utf8.count)
    close(number)
  }
}
