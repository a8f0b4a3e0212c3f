import DriverModel
import Evidence
import Glibc
import Synchronization
import TemporaryFolder
import Testing

@testable import HostSafety

/// A udevd that is told to begin no event while devices are raced.
@Suite struct UdevPauseTests {
  private let folder = TemporaryFolder()
  private let udevd = Udevd()
  private let ledger: Ledger
  private let host: Host
  private let pause: UdevPause

  init() throws {
    folder.file("proc/sys/kernel/random/boot_id", "boot-1\n")
    folder.file("proc/self/stat", "1 (a) S 1" + String(repeating: " 0", count: 17) + " 5000 0\n")
    folder.file("run/udev/control", "")
    let proc = try folder.directory("proc")
    host = Host(
      sys: try folder.directory("sys"), proc: proc, run: "\(folder.path)/run", actions: udevd)
    ledger = try Ledger(run: "run-1", folder: "\(folder.path)/ledger", proc: proc)
    pause = UdevPause(host, ledger: ledger)
  }

  private let change = Change.udevQueue(UdevQueueChange())

  @Test("it stands during the cycles, each of which says so anew, and goes on afterwards")
  func cycles() throws {
    try pause.begin(settling: false)
    #expect(ledger.open == [change])
    try pause.begin(settling: false)
    try pause.end()
    #expect(ledger.open == [change])
    pause.close()
    #expect(udevd.told == [false, false, true])
    #expect(ledger.open == [])
  }

  @Test("one that does not answer lets nothing be raced, and is told to go on when it does")
  func silent() throws {
    udevd.answers(.no, .yes)
    #expect(throws: SystemError.self) { try pause.begin(settling: false) }
    #expect(ledger.open == [change])
    pause.close()
    #expect(udevd.told == [false, true])
    #expect(ledger.open == [])
  }

  @Test("one that does not answer at the end either stays in the ledger")
  func silentAtTheEnd() throws {
    udevd.answers(.yes, .no, .no)
    try pause.begin(settling: false)
    #expect(throws: SystemError.self) { try pause.end() }
    pause.close()
    #expect(udevd.told == [false, true, true])
    #expect(ledger.open == [change])
  }

  @Test("one whose worker does not come to the end of its event lets nothing be raced")
  func atWork() throws {
    worker("D")
    let pause = UdevPause(host, ledger: ledger, patience: .milliseconds(50))
    #expect(throws: SystemError.self) { try pause.begin(settling: false) }
    worker("S")
    try pause.begin(settling: false)
    #expect(udevd.told == [false, true, false])
  }

  @Test("what it is at is named")
  func named() throws {
    worker("S")
    folder.file("proc/92/stat", "92 (sleep) S 91\(Self.rest) 5000 0\n")
    let pause = UdevPause(host, ledger: ledger, patience: .milliseconds(50))
    let error = #expect(throws: SystemError.self) { try pause.begin(settling: false) }
    #expect(error?.reason == "it is at sleep (pid 92), still after 0 s")
  }

  @Test("it stands while devices are taken away, and goes on when they are gone")
  func devicesGo() throws {
    try pause.standing { #expect(udevd.told == [false]) }
    #expect(udevd.told == [false, true])
    #expect(ledger.open == [change])
    #expect(pause.close() == nil)
    #expect(udevd.told == [false, true])
    #expect(ledger.open == [])
  }

  @Test("it goes on where they could not be taken away")
  func devicesStay() throws {
    #expect(throws: SystemError.self) {
      try pause.standing { () throws(SystemError) in throw SystemError("unload", "m", EBUSY) }
    }
    #expect(udevd.told == [false, true])
  }

  @Test("it goes on before they are gone where that takes long, once")
  func devicesGoSlowly() throws {
    let pause = UdevPause(host, ledger: ledger, longest: .milliseconds(20))
    let end = MonotonicClock.now() + .seconds(20)
    try pause.standing {
      while udevd.told != [false, true], MonotonicClock.now() < end { usleep(1000) }
      #expect(udevd.told == [false, true])
    }
    #expect(udevd.told == [false, true])
  }

  @Test("one that stands still from a cycle goes on as well when devices are gone")
  func afterACycle() throws {
    try pause.begin(settling: false)
    try pause.standing { #expect(udevd.told == [false, false]) }
    #expect(udevd.told == [false, false, true])
  }

  @Test("one that does not answer, or is at work for long, keeps no device from being taken away")
  func devicesGoAllTheSame() throws {
    udevd.answers(.no)
    var times = 0
    try pause.standing { times += 1 }
    worker("D")
    let impatient = UdevPause(host, ledger: ledger, longest: .milliseconds(20))
    try impatient.standing { times += 1 }
    #expect(times == 2)
    #expect(udevd.told == [false, true, false, true])
  }

  @Test("one that does not go on when they are gone is the ledger's, and told once more")
  func silentWhenDevicesAreGone() throws {
    udevd.answers(.yes, .no, .no, .yes)
    try pause.standing {}
    #expect(pause.close()?.errno == ETIMEDOUT)
    #expect(ledger.open == [change])
    #expect(pause.close() == nil)
    #expect(udevd.told == [false, true, true, true])
  }

  @Test("what puts something else back meanwhile does not forget that it stands")
  func stillStandingForACycle() throws {
    try pause.begin(settling: false)
    try ledger.record(.moduleLoaded(ModuleLoadedChange("m")))
    ledger.restore([.moduleLoaded(ModuleLoadedChange("m"))], on: host)
    #expect(ledger.open == [change])
    #expect(udevd.told == [false])
  }

  @Test("one that was started anew between two cycles is waited for once more")
  func startedAnew() throws {
    let pause = UdevPause(host, ledger: ledger, patience: .milliseconds(50))
    try pause.begin(settling: false)
    worker("D")
    #expect(throws: SystemError.self) { try pause.begin(settling: false) }
    worker("S")
    try pause.begin(settling: false)
    #expect(udevd.told == [false, false, false])
  }

  private func worker(_ state: String) {
    folder.file("proc/90/status", "Uid:\t0\t0\t0\t0\n")
    folder.file("proc/91/status", "Uid:\t0\t0\t0\t0\n")
    folder.file("proc/90/stat", "90 (systemd-udevd) S 1\(Self.rest) 5000 0\n")
    folder.file("proc/91/stat", "91 ((udev-worker)) \(state) 90\(Self.rest) 5000 0\n")
  }

  private static let rest = String(repeating: " 0", count: 17)

  @Test("one that did not go on is not told to stand before it does")
  func stillStanding() throws {
    udevd.answers(.yes, .no, .no, .yes, .yes)
    try pause.begin(settling: false)
    #expect(throws: SystemError.self) { try pause.end() }
    #expect(throws: SystemError.self) { try pause.begin(settling: false) }
    try pause.begin(settling: false)
    #expect(udevd.told == [false, true, true, true, false])
  }

  @Test("a host without udevd is left alone")
  func none() throws {
    folder.remove("run/udev/control")
    try pause.begin(settling: false)
    try pause.standing {}
    pause.close()
    #expect(udevd.told == [])
    #expect(ledger.open == [])
  }
}

/// A host of which nothing is asked but what its udevd does.
private final class Udevd: HostActions {
  enum Answer { case yes, no }

  private let state = Mutex<(told: [Bool], answers: [Answer])>(([], []))
  /// Whether it runs, as it was told.
  var told: [Bool] { state.withLock { $0.told } }

  /// To what it is told next; yes afterwards.
  func answers(_ answers: Answer...) { state.withLock { $0.answers = answers } }

  func runUdevQueue(_ runs: Bool, within limit: Duration) throws(SystemError) {
    let answer = state.withLock { state in
      state.told.append(runs)
      return state.answers.isEmpty ? .yes : state.answers.removeFirst()
    }
    if answer == .no { throw SystemError("udevadm control", "\(runs)", ETIMEDOUT) }
  }

  func write(_ path: String, _ text: String) {}
  func append(_ path: String, _ text: String) {}
  func removeDirectory(_ path: String) {}
  func writeWaiting(_ path: String, _ text: String) {}
  func readWaiting(_ path: String) -> String { "" }
  func load(_ module: String, _ options: [String]) {}
  func unload(_ module: String) {}
  func shareWithChildren(_ descriptor: Int32) {}
}
