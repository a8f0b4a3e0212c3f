import DriverModel
import Evidence
import Glibc
import Testing

/// A child cannot hold its parent longer than the deadline, nor fill its memory, nor keep its files.
@Suite struct ChildProcessTests {
  private func shell(_ script: String, bound: Int = 65536) throws -> ChildProcess {
    try ChildProcess(["/bin/sh", "-c", script], capturesOutput: true, bound: bound)
  }

  @Test func `how it ended and what it wrote is told`() throws {
    var child = try shell("echo out; echo error >&2; exit 3")
    #expect(try child.wait(.seconds(10)) == .exited(3))
    #expect(child.output == "out\n")
    #expect(child.errors == "error\n")
    #expect(try child.wait(.seconds(10)) == .exited(3), "asked again, it is the same")
  }

  @Test func `a signal that ended it is told`() throws {
    var child = try shell("kill -TERM $$")
    #expect(try child.wait(.seconds(10)) == .signalled(SIGTERM))
  }

  @Test func `output is discarded where it is not asked for`() throws {
    var child = try ChildProcess([
      "/bin/sh", "-c", "echo out; to=$(readlink /proc/$$/fd/1); echo $to >&2",
    ])
    #expect(try child.wait(.seconds(10)) == .exited(0))
    #expect(child.output == "")
    #expect(child.errors == "/dev/null\n")
  }

  @Test func `a program that is not there is an error`() {
    let error = #expect(throws: SystemError.self) { _ = try ChildProcess(["/nowhere/modprobe"]) }
    #expect(error?.errno == ENOENT)
    #expect(error?.object == "/nowhere/modprobe")
  }

  @Test func `past the deadline it is killed and left, and can be waited for again`() throws {
    var child = try shell("exec sleep 1000")
    let start = MonotonicClock.now()
    #expect(try child.wait(.milliseconds(50)) == .deadline)
    let waited = MonotonicClock.now() - start
    #expect(waited >= 50_000_000)
    #expect(waited < 5_000_000_000)
    #expect(try child.wait(.seconds(10)) == .signalled(SIGKILL))
  }

  /// A stopped child takes no signal but SIGKILL; its parent must not wait for it either way.
  @Test func `a child that cannot run is no reason to wait`() throws {
    var child = try shell("kill -STOP $$")
    #expect(try child.wait(.milliseconds(100)) == .deadline)
    #expect(try child.wait(.seconds(10)) == .signalled(SIGKILL))
  }

  @Test func `what it writes beyond the bound is dropped, and does not stop it`() throws {
    var child = try shell("head -c 1000000 /dev/zero | tr '\\0' x >&2", bound: 100)
    #expect(try child.wait(.seconds(10)) == .exited(0))
    #expect(child.errors == String(repeating: "x", count: 100))
  }

  /// A grandchild that lives on keeps the pipe open: the end of the child is what counts.
  @Test func `a pipe that stays open does not hold it`() throws {
    var child = try shell("sleep 5 & echo done")
    #expect(try child.wait(.seconds(3)) == .exited(0))
    #expect(child.output == "done\n")
  }

  @Test func `it has no descriptor of ours, and reads nothing`() throws {
    let leak = unsafe open("/dev/null", O_RDONLY)
    defer { close(leak) }
    var child = try shell("readlink /proc/$$/fd/0; ls /proc/$$/fd")
    #expect(try child.wait(.seconds(10)) == .exited(0))
    #expect(child.output.split(separator: "\n") == ["/dev/null", "0", "1", "2"])
  }

  @Test func `no signal is blocked or ignored in it, and Ctrl-C does not reach it`() throws {
    var blocked = sigset_t()
    var before = sigset_t()
    unsafe sigemptyset(&blocked)
    unsafe sigaddset(&blocked, SIGTERM)
    unsafe pthread_sigmask(SIG_BLOCK, &blocked, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let handler = signal(SIGUSR2, SIG_IGN)
    defer { signal(SIGUSR2, handler) }
    var child = try ChildProcess(
      ["/bin/grep", "-E", "Sig(Blk|Ign)|NSpgid", "/proc/self/status"], capturesOutput: true)
    #expect(try child.wait(.seconds(10)) == .exited(0))
    let words = child.output.split { $0 == "\n" || $0 == "\t" }
    #expect(words[1] == "\(child.pid)", "a process group of its own")
    #expect(words[3] == "0000000000000000")
    // glibc's posix_spawn(3) leaves its own two, 32 and 33, ignored.
    #expect(try #require(UInt64(words[5], radix: 16)) & ~0x1_8000_0000 == 0)
  }

  @Test func `its pid is known while it runs`() throws {
    var child = try shell("exec sleep 1000")
    #expect(kill(child.pid, 0) == 0)
    child.signal(SIGINT)
    #expect(try child.wait(.seconds(10)) == .signalled(SIGINT))
  }

  @Test func `one that is dropped does not live on`() throws {
    let pid = try shell("exec sleep 1000").pid
    let deadline = MonotonicClock.now() + .seconds(10)
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, WNOHANG) == 0, MonotonicClock.now() < deadline {
      usleep(1000)
    }
    #expect(status == SIGKILL)
  }
}
