import DriverModel
import Evidence
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

  @Test("at the end it stands until all is put back, also where nothing was raced")
  func held() throws {
    pause.hold()
    #expect(udevd.told == [false])
    #expect(ledger.open == [change])
    #expect(ledger.restoreAll(on: host).map(\.outcome) == [.restored])
    #expect(udevd.told == [false, true])
  }

  @Test("one that stands already does not go on for a moment at the end")
  func heldAfterACycle() throws {
    try pause.begin(settling: false)
    pause.hold()
    #expect(udevd.told == [false, false])
  }

  @Test("one that does not answer at the end is the ledger's")
  func silentBeforeTheEnd() throws {
    udevd.answers(.no)
    pause.hold()
    #expect(ledger.open == [change])
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
    pause.hold()
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
    if answer == .no { throw SystemError("udevadm control", "\(runs)", 110) }
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
