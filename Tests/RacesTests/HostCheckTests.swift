import DriverModel
import Evidence
import Glibc
import HostSafety
import Synchronization
import TemporaryFolder
import Testing

@testable import Races

/// What the doctor says of made-up hosts.
@Suite struct HostCheckTests {
  private let folder = TemporaryFolder()

  init() {
    for name in ["sys", "tracing", "run"] { folder.make(name) }
    folder.file("proc/sys/kernel/random/boot_id", "boot-1\n")
    folder.file("proc/self/stat", "1 (a) S 1" + String(repeating: " 0", count: 17) + " 5000 0\n")
    folder.file("proc/filesystems", "nodev\tsysfs\nnodev\ttracefs\n\text4\n")
    folder.file("proc/cmdline", "console=ttyS0\n")
    folder.file("proc/kallsyms", "")
  }

  private var host: HostSafety.Host {
    get throws {
      HostSafety.Host(
        sys: try folder.directory("sys"), proc: try folder.directory("proc"),
        tracing: "\(folder.path)/tracing", run: "\(folder.path)/run", actions: KernelActions(),
        modulePatience: .zero)
    }
  }

  private func mount(_ types: String...) {
    let lines = types.map { "\($0) \($0 == "tracefs" ? "\(folder.path)/tracing" : "/x") \($0) rw" }
    folder.file("proc/self/mounts", lines.joined(separator: "\n") + "\n")
  }

  private var lockdown: HostTrial { get throws { HostSecurity(host: try host).lockdown } }

  // MARK: - Lockdown and tracefs

  @Test(
    "a lockdown is what stands in brackets, and Secure Boot's hinders nothing",
    arguments: [
      ("[none] integrity confidentiality", "none", false),
      (
        "none [integrity] confidentiality", "integrity: it forbids nothing that bindrace needs",
        false
      ),
      ("none integrity [confidentiality]", "confidentiality", true),
    ])
  func told(_ text: String, _ found: String, _ isClosed: Bool) throws {
    folder.file("sys/kernel/security/lockdown", text + "\n")
    #expect(try lockdown.found == found)
    #expect(try (lockdown.hinders != nil) == isClosed)
  }

  @Test("that there is none is only said where securityfs would tell")
  func unmounted() throws {
    mount("securityfs")
    #expect(try lockdown.found == "this kernel has none")
    mount("sysfs")
    #expect(try lockdown.found == "not known: securityfs is not mounted")
    folder.file("proc/cmdline", "lockdown=confidentiality quiet lockdown=integrity\n")
    #expect(try lockdown.found.hasPrefix("integrity by the kernel's command line (securityfs is"))
    #expect(try lockdown.hinders == nil)
    folder.file("proc/cmdline", "lockdown=confidentiality\n")
    #expect(try lockdown.hinders == .little)
  }

  @Test("tracefs without files tells of a lockdown, and one with them that there is none")
  func byTracefs() throws {
    mount("tracefs")
    #expect(try lockdown.found.hasPrefix("confidentiality, as tracefs is closed"))
    #expect(try lockdown.hinders == .little)
    folder.file("tracing/kprobe_events", "")
    if geteuid() == 0 {
      #expect(try lockdown.found.hasPrefix("not confidentiality, as tracefs is open"))
    }
    #expect(try lockdown.hinders == nil)
  }

  @Test("why nothing can be traced is told with what would help")
  func noTracing() throws {
    func obstacle() throws -> [String?] {
      let obstacle = HostSecurity(host: try host).tracingObstacle
      return [obstacle?.found, obstacle?.help]
    }
    mount("sysfs")
    #expect(
      try obstacle() == [
        "tracefs is not mounted on \(folder.path)/tracing",
        "mount -t tracefs tracefs \(folder.path)/tracing",
      ])
    mount("tracefs")
    #expect(
      try obstacle() == [
        "the kernel is locked down (confidentiality)",
        "it takes a boot without lockdown=confidentiality",
      ])
    folder.file("tracing/trace", "")
    #expect(
      try obstacle() == ["tracefs has no kprobe_events", "this kernel needs CONFIG_KPROBE_EVENTS"])
    folder.file("tracing/kprobe_events", "")
    #expect(try obstacle() == [nil, nil])
    folder.remove("proc/kallsyms")
    #expect(try obstacle()[1] == "this kernel needs CONFIG_KALLSYMS")
    folder.file("proc/filesystems", "nodev\tsysfs\n")
    #expect(
      try obstacle() == ["this kernel has no tracefs", "this kernel needs CONFIG_KPROBE_EVENTS"])
  }

  // MARK: - What is only looked at

  @Test("the workqueue mask is read and not written")
  func mask() throws {
    let path = "sys/devices/virtual/workqueue/cpumask"
    folder.file(path, "3\n")
    var before = stat()
    unsafe #expect(stat("\(folder.path)/\(path)", &before) == 0)
    #expect(try HostCheck(host: host).workqueueMask.found == "3, and it can be written")
    folder.file("\(path)_requested", "00000003\n")
    #expect(
      try HostCheck(host: host).workqueueMask
        == HostTrial("workqueue mask", "3, and it can be written"))
    // CPU 2 and 3 are isolated by a partition.
    folder.file("\(path)_requested", "f\n")
    let isolated = try HostCheck(host: host).workqueueMask
    #expect(isolated.hinders == .plainRun)
    #expect(isolated.found.hasPrefix("the workqueue mask is 3 where f is asked for"))
    var after = stat()
    unsafe #expect(stat("\(folder.path)/\(path)", &after) == 0)
    #expect(
      before.st_mtim.tv_sec == after.st_mtim.tv_sec
        && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec)
    folder.remove("sys/devices")
    #expect(try HostCheck(host: host).workqueueMask.hinders == .plainRun)
  }

  // MARK: - Asynchronous work

  /// A worker of the kernel that is in an asynchronous probe.
  private func addWorker(_ pid: Int = 57) {
    folder.file("proc/\(pid)/comm", "kworker/u4:1\n")
    folder.file("proc/\(pid)/wchan", "msleep")
    folder.file(
      "proc/\(pid)/stack",
      """
      [<0>] msleep+0x2a/0x50
      [<0>] sd_probe+0x1b/0xb0 [sd_mod]
      [<0>] really_probe+0x1b/0xb0
      [<0>] __device_attach_async_helper+0x1b/0xb0
      [<0>] async_run_entry_fn+0x1b/0xb0
      [<0>] process_one_work+0x1b/0xb0

      """)
  }

  /// What is told while that is looked at, and what comes of it.
  private func asynchronousWork(_ facts: [FactSource] = [], patience: Duration)
    throws -> (HostTrial, told: [String])
  {
    let told = Told()
    let ledger = try Ledger(
      run: "run-1", folder: "\(folder.path)/ledger", proc: folder.directory("proc"))
    let check = HostCheck(host: try host, patience: patience)
    let trial = check.asynchronousWork(ledger, facts) { told.add($0) }
    #expect(ledger.open.isEmpty)
    return (trial, told.lines)
  }

  private final class Told: Sendable {
    private let list = Mutex<[String]>([])
    var lines: [String] { list.withLock { $0 } }
    func add(_ line: String) { list.withLock { $0.append(line) } }
  }

  @Test("others' asynchronous work is named, and waited for no longer than allowed")
  func foreignWork() throws {
    addWorker()
    folder.file("proc/58/comm", "kworker/0:1\n")
    folder.file("proc/58/stack", "[<0>] worker_thread+0x1b/0xb0\n")
    folder.file("proc/59/comm", "bash\n")
    folder.file("proc/59/stack", "[<0>] async_run_entry_fn+0x1b/0xb0\n")
    folder.file("proc/modules", "")
    let who = "kworker/u4:1 (pid 57) in msleep of sd_probe, for __device_attach_async_helper"
    let start = ContinuousClock.now
    let (trial, told) = try asynchronousWork(patience: .milliseconds(1200))
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(trial.found == "asynchronous work of others did not end in 1 s: \(who)")
    #expect(trial.hinders == .pass)
    #expect(told == ["waiting for asynchronous work of others: \(who)"])
  }

  @Test("an interrupted doctor waits no longer, and loads nothing that it would leave behind")
  func interrupted() throws {
    addWorker()
    folder.file("proc/modules", "")
    let ledger = try Ledger(
      run: "run-1", folder: "\(folder.path)/ledger", proc: folder.directory("proc"))
    let start = ContinuousClock.now
    let check = HostCheck(host: try host, patience: .seconds(60), isInterrupted: { true })
    let trial = check.asynchronousWork(ledger, []) { _ in }
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(trial.found == "not tried: interrupted" && trial.hinders == .pass)
    #expect(ledger.open.isEmpty)
  }

  @Test("what ends soon is not told")
  func shortWork() throws {
    addWorker()
    let work = ForeignWork(proc: try folder.directory("proc"))
    var told: [String] = []
    #expect(work.wait(.milliseconds(200)) { told.append($0) }.count == 1)
    folder.remove("proc/57")
    #expect(work.wait(.seconds(60)) { told.append($0) }.isEmpty)
    #expect(told.isEmpty)
  }

  @Test("no barrier is no defect where the trace tells the end of asynchronous work")
  func noBarrier() throws {
    func facts(_ untold: Fact...) -> [FactSource] {
      Fact.allCases.map {
        FactSource(
          fact: $0, state: untold.contains($0) ? .untold : .waiting, places: ["x"], reason: nil)
      }
    }
    let trial = try asynchronousWork(facts(.retry), patience: .zero).0
    #expect(trial.hinders == nil)
    let barrier = "no module does: this kernel has no modules"
    #expect(
      trial.found == "the trace tells when it has ended, of devices that a run adds; \(barrier)")
    folder.remove("ledger")
    #expect(try asynchronousWork(facts(.driverHelper), patience: .zero).0.hinders == .pass)
    folder.remove("ledger")
    folder.file("proc/modules", "")
    folder.file("proc/sys/kernel/modules_disabled", "1\n")
    let disabled = "no module can be loaded before the next boot (kernel.modules_disabled)"
    #expect(try asynchronousWork(patience: .zero).0.found == disabled)
    // modprobe(8) would say that scsi_debug is there.
    #expect(try HostCheck(host: host).provider.found == disabled)
    #expect(try HostCheck(host: host).provider.hinders == .plainRun)
  }
}

/// What the doctor concludes.
@Suite struct HostReportTests {
  private func untold(_ fact: Fact) -> FactTrial {
    FactTrial(FactSource(fact: fact, state: .untold, places: [], reason: "this kernel has no x"))
  }

  private let known = "a run can pass here, as far as it can be tried without a race"
  private let fine = HostTrial("root", "yes")

  @Test("a fact that is told, or only waits to be, costs nothing")
  func told() {
    for state in [FactSource.State.told, .waiting] {
      let trial = FactTrial(FactSource(fact: .schedule, state: state, places: ["x"], reason: "y"))
      #expect(trial.lost.isEmpty && trial.hinders == nil)
    }
    #expect(HostReport(trials: [fine]).conclusion == known)
  }

  @Test("a fact that is not told costs the races that rest on it, and no others")
  func lost() {
    #expect(untold(.autoprobe).lost == ["A6"])
    #expect(untold(.override).lost == ["A5", "B4"])
    #expect(untold(.hold).lost == ["A1", "A2", "A3", "D4"])
    #expect(untold(.attach).lost == Catalog.patterns.map(\.id))
    let deferral = untold(.retry)
    #expect(deferral.lost.contains("D2") && !deferral.lost.contains("A1"))
    let (device, driver) = (untold(.deviceHelper).lost, untold(.driverHelper).lost)
    #expect(device.contains("A1") && !device.contains("A2") && device.contains("A3"))
    #expect(driver.contains("A2") && !driver.contains("A1") && driver.contains("A3"))
  }

  @Test("a race of a plain run that is lost takes the pass of it, another one does not")
  func plain() {
    #expect(untold(.retry).hinders == .little)
    #expect(untold(.override).hinders == .little)
    #expect(untold(.schedule).hinders == .plainRun)
    #expect(untold(.autoprobe).hinders == .plainRun)
    #expect(untold(.attach).hinders == .pass)
  }

  @Test("without the begin of an unbind's lock a late attach is a hit, and what ends clean is none")
  func clean() {
    let report = HostReport(trials: [fine], facts: [untold(.hold)])
    #expect(report.conclusion.contains("no clean hit of A1, A2, A3, D4"), "\(report.conclusion)")
  }

  @Test("the conclusion is the worst, with its reasons and what would help, each once")
  func worst() {
    var report = HostReport(trials: [fine], facts: [untold(.override)])
    #expect(
      report.conclusion
        == "\(known), with less: no hit of A5, B4, as when driver_override is written is not told:"
        + " this kernel has no x")
    report.trials.append(
      HostTrial("scsi_debug", "there is no module scsi_debug", hinders: .plainRun, means: "m"))
    #expect(
      report.conclusion
        == "a run of named targets and patterns can pass here, a plain one cannot: there is no module"
        + " scsi_debug")
    for name in ["trace", "lockdown"] {
      report.trials.append(
        HostTrial(name, "tracefs has no kprobe_events", hinders: .pass, means: "m", help: "do y"))
    }
    #expect(
      report.conclusion == "no run can pass here: tracefs has no kprobe_events; do y")
    report.trials.append(HostTrial("root", "uid 1, and not root", hinders: .run, means: "m"))
    #expect(report.conclusion == "nothing can run here: uid 1, and not root")
  }
}
