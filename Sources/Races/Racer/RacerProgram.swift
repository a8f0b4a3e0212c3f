internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// What the racer shall do once: threads of steps, released together.
struct RacerProgram {
  enum Step {
    /// A write to sysfs, tried again for `patience` while it ends with one of `retry`, of which there
    /// are four at most.
    case verb(VerbWrite, retry: [Int32] = [], patience: Duration = .zero)
    /// A module loaded or unloaded by a command.
    case module(ModuleVerb)
    /// Waits until the kernel sent this uevent ("add@/devices/…").
    case await(String, patience: Duration)
    /// Waits until there is something at a path below /sys; a link counts itself.
    case awaitPath(String, patience: Duration)
    /// Waits until that step of that thread has begun and the thread, or the step's command, sleeps
    /// in the kernel (state D). In vain where the step ends before.
    case awaitBlocked(thread: Int, step: Int, patience: Duration)
    case pause(Duration)
  }

  struct Thread {
    var steps: [Step]
    /// True for the threads that race: the spinner lets go when all of them are in their last step (`LastVerbs`).
    var isRacing: Bool
    /// The CPU that it runs on; nil leaves it to the kernel.
    var cpu: Int32?
    /// True where it goes before all that is not real time on that CPU (SCHED_FIFO). It never spins
    /// for long: others have the CPU whenever it waits.
    var isUrgent = false
  }

  /// How a CPU is held while the threads race.
  struct Spin {
    /// When the CPU is held first.
    enum Begin {
      case atOnce
      /// When that step of that thread has ended.
      case afterStep(_ thread: Int, _ step: Int)
    }

    var cpu: Int32
    var begins: Begin = .atOnce
    /// A path below /sys that appears when what the CPU is held for is near: a slice begins anew, so that
    /// no pause comes between.
    var renewedBy: String?
    /// The length of a slice; the pause after it is a fifteenth of it.
    var slice: Duration

    /// All slices of one race together.
    static let limit: Duration = .seconds(20)

    /// What a slice may become while a racing thread needs it: with its pause, below the 95% of a
    /// second that real-time threads have (sched_rt_runtime_us).
    static let longest: Duration = .milliseconds(800)

    /// When the watchdog ends a slice: long after it should have ended itself, as a virtual CPU can
    /// stand still for a while.
    static let deadline: Duration = .seconds(2)
  }

  var threads: [Thread]
  var spin: Spin?
  /// The state of a thread that `awaitBlocked` waits for. Tests have no way to sleep like that.
  var blockedState: Unicode.Scalar = "D"

  /// How long it takes at most where every verb returns before its deadline: the steps of all threads,
  /// as they can wait for each other, and some time to begin and to end.
  func longest(deadline: Duration) -> Duration {
    let steps = threads.flatMap(\.steps).map { $0.longest(deadline: deadline) }
    return steps.reduce(Spin.limit + .seconds(10), +)
  }

  /// Writes the program into shared memory, all results cleared.
  func write(to shared: UnsafeMutablePointer<racer_shared>) {
    unsafe memset(shared, 0, MemoryLayout<racer_shared>.size)
    unsafe shared.pointee.thread_count = UInt32(threads.count)
    unsafe shared.pointee.avoided_cpu = spin?.cpu ?? -1
    unsafe shared.pointee.blocked_state = blockedState.value
    unsafe shared.pointee.spinner.cpu = spin?.cpu ?? -1
    if let spin {
      let slice = spin.slice.nanoseconds
      switch spin.begins {
      case .atOnce:
        unsafe shared.pointee.spinner.begins = RACER_AT_ONCE.rawValue
      case .afterStep(let thread, let step):
        unsafe shared.pointee.spinner.begins = RACER_AFTER_STEP.rawValue
        unsafe shared.pointee.spinner.after_thread = UInt32(thread)
        unsafe shared.pointee.spinner.after_step = UInt32(step)
      }
      if let path = spin.renewedBy {
        unsafe setPath(CLinux_spinner_path(&shared.pointee.spinner), path)
      }
      unsafe shared.pointee.spinner.on = slice
      unsafe shared.pointee.spinner.off = slice / 15
      unsafe shared.pointee.spinner.longest = max(slice, Spin.longest.nanoseconds)
      unsafe shared.pointee.spinner.deadline = Spin.deadline.nanoseconds
      unsafe shared.pointee.spinner.limit = Spin.limit.nanoseconds
    }
    unsafe shared.pointee.racing = UInt32(threads.count { $0.isRacing })
    precondition(threads.count <= RACER_THREADS)
    for (index, thread) in threads.enumerated() {
      precondition(thread.steps.count <= RACER_STEPS)
      let place = unsafe CLinux_racer_thread(shared, UInt32(index))!
      unsafe place.pointee.count = UInt32(thread.steps.count)
      unsafe place.pointee.is_racing = thread.isRacing ? 1 : 0
      unsafe place.pointee.cpu = thread.cpu ?? -1
      unsafe place.pointee.is_urgent = thread.isUrgent ? 1 : 0
      for (number, step) in thread.steps.enumerated() {
        unsafe step.write(to: CLinux_racer_step(place, UInt32(number)))
      }
    }
  }

  /// What became of each step, in the order of threads and steps.
  func results(in shared: UnsafeMutablePointer<racer_shared>) -> RacerResults {
    var results = RacerResults()
    unsafe results.spinnerError = shared.pointee.spinner.error
    unsafe results.spinnerStrayed = shared.pointee.spinner.strayed
    for (index, thread) in threads.enumerated() {
      let place = unsafe CLinux_racer_thread(shared, UInt32(index))!
      let tid = unsafe CLinux_load_task(&place.pointee.tid)
      if tid != 0 { results.processes.append(tid) }
      if results.spinnerError == 0 { unsafe results.spinnerError = place.pointee.error }
      var steps: [RacerResults.Step] = []
      for (number, step) in thread.steps.enumerated() {
        let done = unsafe CLinux_racer_step(place, UInt32(number))!
        let result = unsafe RacerResults.Step(done)
        steps.append(result)
        guard let verb = step.verbAndObject, let start = result.start else { continue }
        let pid = unsafe CLinux_load_task(&done.pointee.pid)
        if pid != 0 && !results.processes.contains(pid) { results.processes.append(pid) }
        results.verbs.append(
          VerbRecord(
            verb: verb.verb, object: verb.object, pid: pid, start: start, end: result.end,
            errno: result.end == nil ? nil : result.error,
            attempts: unsafe Int(done.pointee.attempts)))
      }
      results.steps.append(steps)
    }
    return results
  }
}

extension RacerProgram.Step {
  fileprivate var verbAndObject: (verb: Verb, object: String)? {
    switch self {
    case .verb(let write, _, _): (write.verb, write.object)
    case .module(let module): (module.verb, module.module)
    case .await, .awaitPath, .awaitBlocked, .pause: nil
    }
  }

  fileprivate func longest(deadline: Duration) -> Duration {
    switch self {
    case .verb(let write, _, let patience):
      patience + .nanoseconds(write.verb.deadline(deadline.nanoseconds))
    case .module(let module): .nanoseconds(module.verb.deadline(deadline.nanoseconds))
    case .await(_, let patience), .awaitPath(_, let patience), .awaitBlocked(_, _, let patience):
      patience
    case .pause(let duration): duration
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
    case .awaitPath(let path, let patience):
      unsafe step.pointee.kind = RACER_AWAIT_PATH.rawValue
      unsafe step.pointee.duration = patience.nanoseconds
      unsafe set(step, path: path)
    case .awaitBlocked(let thread, let number, let patience):
      unsafe step.pointee.kind = RACER_AWAIT_BLOCKED.rawValue
      unsafe set(step, other: thread, number, patience)
    case .pause(let duration):
      unsafe step.pointee.kind = RACER_PAUSE.rawValue
      unsafe step.pointee.duration = duration.nanoseconds
    }
  }

  private func set(
    _ step: UnsafeMutablePointer<racer_step>, other thread: Int, _ number: Int,
    _ patience: Duration
  ) {
    precondition(0..<RACER_THREADS ~= thread && 0..<RACER_STEPS ~= number)
    unsafe step.pointee.duration = patience.nanoseconds
    unsafe step.pointee.other_thread = UInt32(thread)
    unsafe step.pointee.other_step = UInt32(number)
  }

  private func set(_ step: UnsafeMutablePointer<racer_step>, path: String) {
    unsafe setPath(CLinux_racer_path(step), path)
  }

  private func set(_ step: UnsafeMutablePointer<racer_step>, bytes: [UInt8]) {
    let place = unsafe CLinux_racer_bytes(step)!
    precondition(bytes.count < RACER_BYTES)
    for (index, byte) in bytes.enumerated() { unsafe place[index] = CChar(bitPattern: byte) }
    unsafe step.pointee.length = UInt32(bytes.count)
  }
}

/// Memory was cleared before, so the path ends in NUL.
private func setPath(_ place: UnsafeMutablePointer<CChar>, _ path: String) {
  precondition(path.utf8.count < RACER_PATH)
  for (index, byte) in path.utf8.enumerated() {
    unsafe place[index] = CChar(bitPattern: byte)
  }
}
