import CLinux
import DriverModel
import Evidence
import Glibc
import Testing

@testable import Races

/// The racer's own loop, in a thread of the test, on a made-up /sys of plain files.
@Suite(.serialized) struct RacerTests {
  @Test("verbs are written in the order of their thread, and say when and with what outcome")
  func verbsInOrder() throws {
    let bench = try Bench()
    bench.file("bind")
    bench.file("unbind")
    let results = bench.run([
      .init(
        steps: [bench.verb("bind"), .pause(.milliseconds(2)), bench.verb("unbind")],
        isRacing: true)
    ])
    #expect(results.verbs.map(\.verb) == [.bind, .unbind])
    #expect(results.verbs.allSatisfy { $0.succeeded && $0.attempts == 1 })
    #expect(results.verbs[1].start - results.verbs[0].end! >= 2_000_000)
    #expect(bench.text("bind") == "0:0:0:0")
    #expect(results.processes.contains(results.verbs[0].pid))
  }

  @Test("a file that comes late is waited for where the step says so, and only there")
  func fileComesLate() throws {
    let bench = try Bench()
    let late = bench.run([
      .init(
        steps: [bench.verb("bind", retry: [ENOENT], patience: .milliseconds(30))], isRacing: true)
    ])
    #expect(late.verbs[0].errno == ENOENT)
    #expect(late.verbs[0].attempts > 1)

    let never = bench.run([.init(steps: [bench.verb("bind")], isRacing: true)])
    #expect(never.verbs[0].errno == ENOENT)
    #expect(never.verbs[0].attempts == 1)
  }

  @Test("what is awaited and does not come ends its thread: the verbs behind it are not done")
  func nothingComes() throws {
    let bench = try Bench()
    bench.file("bind")
    let results = bench.run([
      .init(
        steps: [.await("add@/devices/none", patience: .milliseconds(50)), bench.verb("bind")],
        isRacing: true)
    ])
    #expect(results.verbs.isEmpty)
    #expect(bench.text("bind") == "")
  }

  @Test("threads are released together, after all of them are ready")
  func releasedTogether() throws {
    let bench = try Bench()
    bench.file("bind")
    bench.file("unbind")
    let results = bench.run([
      .init(steps: [bench.verb("bind")], isRacing: true),
      .init(steps: [bench.verb("unbind")], isRacing: true),
    ])
    #expect(results.verbs.count == 2)
    #expect(Set(results.verbs.map(\.pid)).count == 2)
  }

  @Test("a program as large as the shared memory allows comes back as it went in")
  func wholeProgram() throws {
    let bench = try Bench()
    bench.file("bind")
    let steps = Array(repeating: bench.verb("bind"), count: RACER_STEPS)
    let threads = Array(
      repeating: RacerProgram.Thread(steps: steps, isRacing: true), count: RACER_THREADS)
    let results = bench.run(threads)
    #expect(results.verbs.count == RACER_STEPS * RACER_THREADS)
    #expect(results.verbs.allSatisfy { $0.succeeded })
  }
}

/// Runs programs in this process, on a folder in place of /sys.
@safe private final class Bench {
  private let folder: String
  private let shared: UnsafeMutablePointer<racer_shared>
  private var ends: [Int32] = [-1, -1]
  private let root: Int32
  private var server: UInt64 = 0

  init() throws {
    var template = Array("/tmp/bindrace-racer-XXXXXX".utf8CString)
    folder = unsafe String(cString: mkdtemp(&template))
    unsafe shared = .allocate(capacity: 1)
    root = unsafe CLinux_openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0)
    for path in ["bus", "bus/scsi", "bus/scsi/drivers", "bus/scsi/drivers/sd"] {
      unsafe mkdir("\(folder)/\(path)", 0o700)
    }
  }

  deinit {
    close(root)
    unsafe shared.deallocate()
    var child = try? ChildProcess(["rm", "-r", folder])
    _ = try? child?.wait(.seconds(5))
  }

  func file(_ name: String) {
    let number = unsafe CLinux_openat(AT_FDCWD, path(name), O_CREAT | O_RDWR, 0o600)
    close(number)
  }

  func text(_ name: String) -> String {
    (try? Directory("\(folder)/bus/scsi/drivers/sd").text(name)) ?? ""
  }

  func verb(_ name: String, retry: [Int32] = [], patience: Duration = .zero) -> RacerProgram.Step {
    let device = Device(bus: "scsi", name: "0:0:0:0", devpath: "/devices/x/0:0:0:0")
    return .verb(
      name == "bind" ? .bind(device, to: "sd") : .unbind(device, from: "sd"), retry: retry,
      patience: patience)
  }

  func run(_ threads: [RacerProgram.Thread]) -> RacerResults {
    let program = RacerProgram(threads: threads, spin: nil)
    unsafe program.write(to: shared)
    unsafe RacerMain.race(shared, root)
    return unsafe program.results(in: shared)
  }

  private func path(_ name: String) -> String { "\(folder)/bus/scsi/drivers/sd/\(name)" }
}
