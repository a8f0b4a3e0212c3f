internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// What the racer shall do once: threads of steps, released together.
struct RacerProgram {
  enum Step {
    /// A write to sysfs, tried again for `patience` while it ends with one of `retry`.
    case verb(VerbWrite, retry: [Int32] = [], patience: Duration = .zero)
    /// A module loaded or unloaded by a command.
    case module(ModuleVerb)
    /// Waits until the kernel sent this uevent ("add@/devices/…").
    case await(String, patience: Duration)
    /// Waits until there is something at a path below /sys.
    case awaitPath(String, patience: Duration)
    /// Waits until that step of that thread has begun and the thread sleeps in the kernel (state D).
    case awaitBlocked(thread: Int, step: Int, patience: Duration)
    /// Waits until that step of that thread has ended.
    case awaitEnd(thread: Int, step: Int, patience: Duration)
    case pause(Duration)
  }

  struct Thread {
    var steps: [Step]
    /// True for the threads that race: the spinner lets go when all of them have ended.
    var isRacing: Bool
    /// The CPU that it runs on, at the lowest ordinary priority; nil leaves it to the kernel.
    var cpu: Int32?
  }

  /// How a CPU is held while the threads race.
  struct Spin {
    var cpu: Int32
    /// True to begin when a racing thread saw what it waited for; false to begin with the race.
    var awaitsEvent = false
    /// The length of a slice; the pause after it is a fifteenth of it.
    var slice: Duration

    /// All slices of one race together.
    static let limit: Duration = .seconds(20)

    /// What a slice may become while a racing thread needs it: with its pause, below the 95% of a
    /// second that real-time threads have (sched_rt_runtime_us).
    static let longest: Duration = .milliseconds(800)
  }

  var threads: [Thread]
  var spin: Spin?

  /// Writes the program into shared memory, all results cleared.
  func write(to shared: UnsafeMutablePointer<racer_shared>) {
    unsafe memset(shared, 0, MemoryLayout<racer_shared>.size)
    unsafe shared.pointee.thread_count = UInt32(threads.count)
    unsafe shared.pointee.avoided_cpu = spin?.cpu ?? -1
    unsafe shared.pointee.spinner.cpu = spin?.cpu ?? -1
    if let spin {
      let slice = spin.slice.nanoseconds
      unsafe shared.pointee.spinner.on = slice
      unsafe shared.pointee.spinner.off = slice / 15
      unsafe shared.pointee.spinner.longest = max(slice, Spin.longest.nanoseconds)
      unsafe shared.pointee.spinner.limit = Spin.limit.nanoseconds
    }
    unsafe shared.pointee.racing = UInt32(threads.count { $0.isRacing })
    precondition(threads.count <= RACER_THREADS)
    for (index, thread) in threads.enumerated() {
      precondition(thread.steps.count <= RACER_STEPS)
      let place = unsafe CLinux_racer_thread(shared, UInt32(index))!
      unsafe place.pointee.count = UInt32(thread.steps.count)
      unsafe place.pointee.is_racing = thread.isRacing ? 1 : 0
      for (number, step) in thread.steps.enumerated() {
        unsafe step.write(to: CLinux_racer_step(place, UInt32(number)))
      }
    }
  }

  /// What became of each step, in the order of threads and steps.
  func results(in shared: UnsafeMutablePointer<racer_shared>) -> RacerResults {
    var results = RacerResults()
    for (index, thread) in threads.enumerated() {
      let place = unsafe CLinux_racer_thread(shared, UInt32(index))!
      if unsafe place.pointee.tid != 0 { unsafe results.processes.append(place.pointee.tid) }
      for (number, step) in thread.steps.enumerated() {
        let done = unsafe CLinux_racer_step(place, UInt32(number))!
        guard let verb = step.verbAndObject else { continue }
        let start = unsafe CLinux_load_time(&done.pointee.start)
        // Not reached.
        if start == 0 { continue }
        let end = unsafe CLinux_load_time(&done.pointee.end)
        let pid = unsafe done.pointee.pid
        if pid != 0 && !results.processes.contains(pid) { results.processes.append(pid) }
        results.verbs.append(
          VerbRecord(
            verb: verb.verb, object: verb.object, pid: pid, start: Time(nanoseconds: start),
            end: end == 0 ? nil : Time(nanoseconds: end),
            errno: end == 0 ? nil : unsafe done.pointee.error,
            attempts: unsafe Int(done.pointee.attempts)))
      }
    }
    unsafe results.spinnerError = shared.pointee.spinner.error
    unsafe results.spinnerStrayed = shared.pointee.spinner.strayed
    return results
  }
}

/// What the racer did.
struct RacerResults {
  var verbs: [VerbRecord] = []
  /// Its threads and its commands.
  var processes: [Int32] = []
  /// Why the CPU could not be held (sched_setscheduler(2), sched_setaffinity(2)); 0 where it was.
  var spinnerError: Int32 = 0
  /// Slices that ran on another CPU.
  var spinnerStrayed: UInt32 = 0
}

extension RacerProgram.Step {
  fileprivate var verbAndObject: (verb: Verb, object: String)? {
    switch self {
    case .verb(let write, _, _): (write.verb, write.object)
    case .module(let module): (module.verb, module.module)
    case .await, .awaitPath, .awaitBlocked, .awaitEnd, .pause: nil
    }
  }

  fileprivate func write(to step: UnsafeMutablePointer<racer_step>) {
    switch self {
    case .verb(let write, let retry, let patience):
      unsafe step.pointee.kind = RACER_WRITE.rawValue
      unsafe step.pointee.duration = patience.nanoseconds
      let places = unsafe CLinux_racer_retry(step)!
      for (index, error) in retry.prefix(RACER_RETRIES).enumerated() {
        unsafe places[index] = error
      }
      unsafe set(step, path: write.path)
      unsafe set(step, bytes: write.bytes)
    case .module(let module):
      unsafe step.pointee.kind = RACER_SPAWN.rawValue
      unsafe set(step, bytes: module.arguments.flatMap { Array($0.utf8) + [0] })
    case .await(let line, let patience):
      unsafe step.pointee.kind = RACER_AWAIT.rawValue
      unsafe step.pointee.duration = patience.nanoseconds
      unsafe set(step, bytes: Array(line.utf8))
    case .awaitPath, .awaitBlocked, .awaitEnd:
      break
    case .pause(let duration):
      unsafe step.pointee.kind = RACER_PAUSE.rawValue
      unsafe step.pointee.duration = duration.nanoseconds
    }
  }

  /// Memory was cleared before, so the path ends in NUL.
  private func set(_ step: UnsafeMutablePointer<racer_step>, path: String) {
    let place = unsafe CLinux_racer_path(step)!
    precondition(path.utf8.count < RACER_PATH)
    for (index, byte) in path.utf8.enumerated() {
      unsafe place[index] = CChar(bitPattern: byte)
    }
  }

  private func set(_ step: UnsafeMutablePointer<racer_step>, bytes: [UInt8]) {
    let place = unsafe CLinux_racer_bytes(step)!
    precondition(bytes.count < RACER_BYTES)
    for (index, byte) in bytes.enumerated() { unsafe place[index] = CChar(bitPattern: byte) }
    unsafe step.pointee.length = UInt32(bytes.count)
  }
}
