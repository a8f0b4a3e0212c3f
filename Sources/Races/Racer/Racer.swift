internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// The parent's handle on a racer process.
@safe final class Racer {
  enum Outcome {
    case finished(RacerResults)
    /// A verb did not end in time, or its thread did not come back from it: the kernel ends one in whose work
    /// it finds itself damaged (make_task_dead()). The racer is abandoned: a thread in D state cannot be killed.
    case hung(RacerResults)
  }

  var pid: Int32 { process.pid }
  private let memory: RacerMemory
  private let control: Descriptor
  private var process: RacerProcess
  private let proc: Directory

  private var shared: UnsafeMutablePointer<racer_shared> { unsafe memory.shared }

  /// Starts a racer on a root of sysfs. `proc` tells where one that hangs sleeps.
  init(sysfs: String, proc: Directory, program: String = "/proc/self/exe") throws(SystemError) {
    let memory = try RacerMemory()
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw SystemError("socketpair", "the racer's control", errno)
    }
    let ours = Descriptor(owning: ends[0])
    let theirs = Descriptor(owning: ends[1])
    process = try RacerProcess(program, sysfs: sysfs, memory: memory.file, control: theirs)
    self.memory = memory
    control = ours
    self.proc = proc
  }

  /// Runs a program to its end. A verb of it may take `deadline`, a module's load ten times that.
  ///
  /// Throws where the racer is gone, or does not end although none of its verbs hangs.
  func run(_ program: RacerProgram, deadline: Duration) throws(SystemError) -> Outcome {
    unsafe program.write(to: shared)
    try send()
    let end = MonotonicClock.now() + program.longest(deadline: deadline)
    while true {
      if try isDone(within: .milliseconds(50)) {
        let results = unsafe program.results(in: shared)
        return results.verbs.contains { $0.end == nil }
          ? .hung(abandon(program)) : .finished(results)
      }
      let now = MonotonicClock.now()
      let isHung = unsafe program.results(in: shared).verbs.contains {
        $0.end == nil && now - $0.start > $0.verb.deadline(deadline.nanoseconds)
      }
      if isHung { return .hung(abandon(program)) }
      if now >= end {
        _ = abandon(program)
        throw SystemError("wait", "the racer, which hangs outside of its verbs", ETIMEDOUT)
      }
    }
  }

  /// Leaves it behind, and says where its verbs that are under way sleep.
  private func abandon(_ program: RacerProgram) -> RacerResults {
    var results = unsafe program.results(in: shared)
    for index in results.verbs.indices where results.verbs[index].end == nil {
      results.verbs[index].sleep = KernelSleep(of: results.verbs[index].pid, proc: proc)
    }
    // Threads that are not in the kernel end by this at once, the spinner among them.
    unsafe CLinux_store(&shared.pointee.stop, 1)
    process.abandon()
    return results
  }

  private func send() throws(SystemError) {
    var byte: UInt8 = 1
    let (count, error) = retryingInterrupts {
      unsafe Glibc.send(control.number, &byte, 1, Int32(MSG_NOSIGNAL))
    }
    if count != 1 { throw SystemError("send", "the racer", error) }
  }

  private func isDone(within limit: Duration) throws(SystemError) -> Bool {
    let deadline = MonotonicClock.now() + limit
    while true {
      let left = max(0, deadline - MonotonicClock.now())
      var polled = pollfd(fd: control.number, events: Int16(POLLIN), revents: 0)
      let (count, error) = retryingInterrupts {
        unsafe Int(poll(&polled, 1, Int32(min((left + 999_999) / 1_000_000, 1_000_000))))
      }
      if count < 0 { throw SystemError("poll", "the racer", error) }
      if count == 0 {
        if left == 0 { return false }
        continue
      }
      var byte: UInt8 = 0
      if unsafe read(control.number, &byte, 1) == 1 { return true }
      throw SystemError("read", "the racer, which ended", EPIPE)
    }
  }
}
