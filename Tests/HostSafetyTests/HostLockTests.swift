import DriverModel
import Evidence
import Glibc
import TemporaryFolder
import Testing

@testable import HostSafety

/// Two never change one host at once, and the second is told who the first is.
@Suite struct HostLockTests {
  let tree = TemporaryFolder()
  var path: String { "\(tree.path)/lock" }

  @Test func theSecondIsToldWhoHoldsIt() throws {
    let first = try HostLock(path)
    let error = #expect(throws: HostLock.Failure.self) { _ = try HostLock(path) }
    guard case .held(let held) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(held.pid == getpid())
    #expect(held.command?.split(separator: " ").isEmpty == false)
    #expect(held.description.contains("process \(getpid()) ("))
    _ = first
  }

  @Test func aProcessThatHoldsItIsNamed() throws {
    tree.file("lock", "1 2 stale command\n")
    var child = try ChildProcess(["flock", path, "sh", "-c", "echo 7 8 other > \(path); sleep 30"])
    defer { child.signal(SIGKILL) }
    var held: HostLock.Held?
    for _ in 0..<200 {
      do throws(HostLock.Failure) {
        _ = try HostLock(path)
      } catch {
        if case .held(let found) = error, found.pid == 7 { held = found }
      }
      if held != nil { break }
      Pause.milliseconds(20)
    }
    #expect(held?.command == "other")
    #expect(try child.wait(.zero) == .deadline)
  }

  @Test func whatADeadHolderLeftDoesNoHarm() throws {
    tree.file("lock", "4242 99 bindrace stress with a very long command line\n")
    let lock = try HostLock(path)
    #expect(tree.text("lock")?.hasPrefix("\(getpid()) ") == true)
    #expect(tree.text("lock")?.contains("very") == false)
    _ = lock
  }

  @Test func childrenDoNotInheritIt() throws {
    var lock: HostLock? = try HostLock(path)
    // Not by ChildProcess, which closes all descriptors itself.
    var pid: pid_t = 0
    var argv = unsafe [strdup("sleep"), strdup("30"), nil]
    unsafe posix_spawnp(&pid, "sleep", nil, nil, &argv, environ)
    for index in unsafe argv.indices { unsafe free(argv[index]) }
    defer {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
    _ = lock
    lock = nil
    // Children that other tests start at this moment hold it between fork and exec; `sleep` stays.
    var again: HostLock?
    for _ in 0..<250 where again == nil {
      again = try? HostLock(path)
      Pause.milliseconds(20)
    }
    #expect(again != nil)
  }

  @Test func aFileThatCannotBeMadeIsAnError() {
    let error = #expect(throws: HostLock.Failure.self) { _ = try HostLock("\(path)/no/lock") }
    guard case .system(let system) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(system.errno == ENOENT)
  }
}
