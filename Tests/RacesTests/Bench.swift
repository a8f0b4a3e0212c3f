import CLinux
import DriverModel
import Evidence
import Glibc
import TemporaryFolder

@testable import Races

/// Runs programs in this process, on a folder in place of /sys.
@safe final class Bench {
  private let folder = TemporaryFolder()
  private let shared: UnsafeMutablePointer<racer_shared>
  private let root: Int32
  private var later: [UInt64] = []

  init() throws {
    unsafe shared = .allocate(capacity: 1)
    root = unsafe CLinux_openat(AT_FDCWD, folder.path, O_RDONLY | O_DIRECTORY, 0)
    folder.make("bus/scsi/drivers/sd")
  }

  deinit {
    for thread in later { CLinux_join_thread(thread) }
    close(root)
    unsafe shared.deallocate()
  }

  func file(_ name: String) {
    let number = unsafe CLinux_openat(AT_FDCWD, path(name), O_CREAT | O_RDWR, 0o600)
    close(number)
  }

  func text(_ name: String) -> String {
    folder.text("bus/scsi/drivers/sd/\(name)") ?? ""
  }

  func verb(_ name: String, retry: [Int32] = [], patience: Duration = .zero) -> RacerProgram.Step {
    let device = Device(bus: "scsi", name: "0:0:0:0", devpath: "/devices/x/0:0:0:0")
    return .verb(
      name == "bind" ? .bind(device, to: "sd") : .unbind(device, from: "sd"), retry: retry,
      patience: patience)
  }

  /// - Parameter blockedState: the letter that stands for D, in which no test can sleep.
  func run(_ threads: [RacerProgram.Thread], blockedState: Unicode.Scalar = "D") -> RacerResults {
    let program = RacerProgram(threads: threads, spin: nil, blockedState: blockedState)
    unsafe program.write(to: shared)
    unsafe RacerMain.race(shared, root)
    return unsafe program.results(in: shared)
  }

  /// Threads that saw what they waited for, as the spinner counts them.
  var holding: UInt32 { unsafe shared.pointee.holding }

  /// Lets the watchdog look at a spinner whose slice began `age` ago (nil: it pauses) and that ends
  /// after 200 ms; what it then says, and whether the race goes on.
  func watch(age: Duration?) -> (error: Int32, goesOn: Bool) {
    unsafe memset(shared, 0, MemoryLayout<racer_shared>.size)
    let now = CLinux_monotonic_nanoseconds()
    unsafe shared.pointee.spinner.slice_start = age.map { now - $0.nanoseconds } ?? 0
    unsafe shared.pointee.spinner.deadline = RacerProgram.Spin.deadline.nanoseconds
    // An ordinary thread, which making ordinary leaves as it is.
    unsafe shared.pointee.spinner.tid = CLinux_gettid()
    var thread: UInt64 = 0
    unsafe CLinux_start_thread(
      { shared in
        usleep(200_000)
        let shared = unsafe shared!.assumingMemoryBound(to: racer_shared.self)
        unsafe CLinux_store(&shared.pointee.spinner.ended, 1)
        return nil
      }, shared, 65_536, &thread)
    unsafe SpinnerWatchdog(shared: shared).watch()
    CLinux_join_thread(thread)
    return unsafe (shared.pointee.spinner.error, shared.pointee.stop == 0)
  }

  /// How a racing thread fares in its last verb.
  enum LastVerb { case awake, asleep, returned, ended, commandToBegin }

  /// Whether the spinner lets go of its CPU so long after the last verb began.
  func letsGo(_ verb: LastVerb, after age: Duration, racing: UInt32 = 0) -> Bool {
    unsafe memset(shared, 0, MemoryLayout<racer_shared>.size)
    unsafe shared.pointee.thread_count = 2
    unsafe shared.pointee.racing = racing
    let now = CLinux_monotonic_nanoseconds()
    unsafe shared.pointee.let_go = now - age.nanoseconds
    // The first thread does not race, and is awake: nothing depends on it.
    for index in UInt32(0)..<2 {
      let thread = unsafe CLinux_racer_thread(shared, index)!
      unsafe thread.pointee.count = 2
      unsafe thread.pointee.is_racing = index
      unsafe thread.pointee.tid = CLinux_gettid()
      let step = unsafe CLinux_racer_step(thread, 1)!
      unsafe step.pointee.kind = RACER_WRITE.rawValue
      unsafe step.pointee.start = now - age.nanoseconds
    }
    let thread = unsafe CLinux_racer_thread(shared, 1)!
    let last = unsafe CLinux_racer_step(thread, 1)!
    var sleeper: Sleeper?
    switch verb {
    case .awake: break
    case .asleep:
      sleeper = Sleeper()
      unsafe thread.pointee.tid = sleeper!.tid
    case .returned: unsafe last.pointee.end = now
    case .ended: unsafe thread.pointee.ended = 1
    case .commandToBegin: unsafe last.pointee.kind = RACER_SPAWN.rawValue
    }
    return withExtendedLifetime(sleeper) {
      unsafe LastVerbs(shared: shared).areThrough(at: now)
    }
  }

  /// How long a slice of a second becomes, in an ordinary thread, while a race goes on.
  func slice(renewedBy path: String?) -> Duration {
    var spinner = unsafe spinner(renewedBy: path)
    return unsafe .nanoseconds(spinner.slice())
  }

  /// How long the spinner leaves its CPU to others where it is to be so long.
  func rest(_ length: Duration, renewedBy path: String?) -> Duration {
    var spinner = unsafe spinner(renewedBy: path)
    let start = CLinux_monotonic_nanoseconds()
    unsafe spinner.rest(length.nanoseconds)
    return .nanoseconds(CLinux_monotonic_nanoseconds() - start)
  }

  private func spinner(renewedBy path: String?) -> Spinner {
    let program = RacerProgram(
      threads: [.init(steps: [.pause(.zero)], isRacing: true)],
      spin: .init(cpu: 0, renewedBy: path, slice: .seconds(1)))
    unsafe program.write(to: shared)
    unsafe shared.pointee.spinner.longest = Duration.seconds(4).nanoseconds
    return unsafe Spinner(shared: shared, root: root)
  }

  /// Makes a link that points nowhere, 300 ms from now: on a busy host the caller needs a while to get where it waits.
  func linkSoon(_ name: String) {
    let path = unsafe strdup(path(name))
    var thread: UInt64 = 0
    unsafe CLinux_start_thread(
      { path in
        usleep(300_000)
        unsafe symlink("nowhere", path!.assumingMemoryBound(to: CChar.self))
        unsafe free(path)
        return nil
      }, path, 65_536, &thread)
    later.append(thread)
  }

  private func path(_ name: String) -> String { "\(folder.path)/bus/scsi/drivers/sd/\(name)" }
}
