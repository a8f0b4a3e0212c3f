import Evidence
import HostSafety
import TemporaryFolder
import Testing

@testable import Races

/// The kernel log of a made-up host: what is set for it, and what is said where it is not there.
@Suite struct KernelWatchTests {
  private let folder = TemporaryFolder()
  private let host: HostSafety.Host
  private let ledger: Ledger

  init() throws {
    for name in ["sys", "dev"] { folder.make(name) }
    folder.file("proc/sys/kernel/random/boot_id", "boot-1\n")
    folder.file("proc/self/stat", "1 (a) S 1" + String(repeating: " 0", count: 17) + " 5000 0\n")
    folder.file("proc/sys/kernel/printk_devkmsg", "ratelimit\n")
    folder.file("proc/sys/kernel/tainted", "4096\n")
    let proc = try folder.directory("proc")
    host = HostSafety.Host(
      sys: try folder.directory("sys"), proc: proc, dev: "\(folder.path)/dev",
      actions: KernelActions())
    ledger = try Ledger(run: "12345678-run", folder: "\(folder.path)/ledger", proc: proc)
  }

  @Test("without a kernel log the run goes on, and its evidence says why")
  func missing() throws {
    let watch = KernelWatch(host, ledger)
    #expect(watch.unread?.hasPrefix("open \(host.dev)/kmsg: ") == true)
    watch.beginRace("A1 on scsi/0:0:0:0: cycle 1")
    let (evidence, lost) = watch.take(.race)
    #expect(evidence.unread == watch.unread && evidence.reports.isEmpty && lost == 0)
    #expect(evidence.taintBefore == Taint(rawValue: 4096))
    #expect(watch.marksMissing == 0)
  }

  @Test("taint is that since the last call")
  func taint() throws {
    let watch = KernelWatch(host, ledger)
    folder.file("proc/sys/kernel/tainted", "4608\n")
    #expect(watch.take(.race).evidence.newTaint == .warned)
    #expect(watch.take(.race).evidence.newTaint == [])
  }

  @Test("the rate limit is lifted, and the ledger knows what it was")
  func rateLimit() throws {
    #expect(KernelWatch.liftRateLimit(host, ledger))
    // A file is not emptied by a write, as the kernel's is.
    #expect(folder.text("proc/sys/kernel/printk_devkmsg")?.hasPrefix("on\n") == true)
    let change = SysctlChange(path: "kernel/printk_devkmsg", old: "ratelimit", new: "on")
    #expect(ledger.open == [.sysctl(change)])
  }

  @Test("every round is marked, with the run's name")
  func marks() throws {
    folder.file("dev/kmsg", "")
    let watch = KernelWatch(host, ledger)
    watch.beginRace("A1 on scsi/0:0:0:0: cycle 3")
    #expect(
      folder.text("dev/kmsg")
        == "<14>bindrace: 12345678 begins\n<14>bindrace: 12345678 A1 on scsi/0:0:0:0: cycle 3\n")
    // What is read from a file is no record.
    #expect(watch.marksMissing == 2)
  }
}
