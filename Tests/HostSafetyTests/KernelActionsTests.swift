import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// What waits for a lock is done by a child that says its errno and can be left behind.
@Suite struct KernelActionsTests {
  let tree = TemporaryFolder()
  var file: String { "\(tree.path)/attribute" }

  /// A stand-in for bindrace, with its two hidden commands.
  private func actions(_ script: String, deadline: Duration = .seconds(20)) -> KernelActions {
    KernelActions(deadline: deadline, program: ["sh", "-c", script, "sh"])
  }

  @Test func aChildWritesAndReads() throws {
    tree.file("attribute", "old\n")
    let actions = actions("[ $1 = __write ] && printf %s \"$3\" > \"$2\" || cat \"$2\"")
    try actions.writeWaiting(file, "a b\n")
    #expect(tree.text("attribute") == "a b\n")
  }

  @Test func theStatusOfAChildIsItsErrno() {
    let error = #expect(throws: SystemError.self) {
      try actions("exit 19").writeWaiting(file, "x")
    }
    #expect(error?.errno == ENODEV)
    #expect(error?.object == file)
  }

  @Test func aChildIsLeftBehindPastTheDeadline() {
    let error = #expect(throws: SystemError.self) {
      try actions("sleep 30", deadline: .milliseconds(100)).writeWaiting(file, "x")
    }
    #expect(error?.errno == ETIMEDOUT)
  }

  @Test func theHiddenCommandWrites() {
    tree.file("attribute", "12345")
    #expect(WaitingChild.isMeant(by: ["__write", file, "x"]))
    #expect(WaitingChild.run(["__write", file, "x"]) == 0)
    // In place, as a file of sysfs is written: not truncated.
    #expect(tree.text("attribute") == "x2345")
    #expect(WaitingChild.run(["__write", "\(tree.path)/none", "x"]) == ENOENT)
    #expect(WaitingChild.run(["__read", "\(tree.path)/none"]) == ENOENT)
    #expect(WaitingChild.run(["__write", file]) == EINVAL)
    #expect(!WaitingChild.isMeant(by: ["stress"]))
  }

  @Test func appendingKeepsWhatIsThere() throws {
    tree.file("attribute", "p:theirs/a f\n")
    try KernelActions().append(file, "-:g/a\n")
    #expect(tree.text("attribute") == "p:theirs/a f\n-:g/a\n")
  }

  @Test func anIdentityOfThisProcess() throws {
    let proc = try Directory("/proc")
    let own = try ProcessIdentity.own(proc: proc)
    #expect(own.pid == getpid())
    #expect(try own.isAlive(proc: proc))
    #expect(try !ProcessIdentity(pid: own.pid, start: own.start + 1).isAlive(proc: proc))
  }
}
