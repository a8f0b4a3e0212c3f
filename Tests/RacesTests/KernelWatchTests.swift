import DriverModel
import Evidence
import Foundation
import HostSafety
import Testing

@testable import Races

/// The kernel log of a made-up host: what is set for it, and what is said where it is not there.
@Suite struct KernelWatchTests {
  private let folder: URL
  private let host: HostSafety.Host
  private let ledger: Ledger

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    let files = [
      "proc/sys/kernel/random/boot_id": "boot-1\n",
      "proc/self/stat": "1 (a) S 1" + String(repeating: " 0", count: 17) + " 5000 0\n",
      "proc/sys/kernel/printk_devkmsg": "ratelimit\n", "proc/sys/kernel/tainted": "4096\n",
    ]
    for name in ["sys", "dev", "proc/self", "proc/sys/kernel/random"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    let proc = try Directory(folder.appending(path: "proc").path)
    host = HostSafety.Host(
      sys: try Directory(folder.appending(path: "sys").path), proc: proc,
      dev: folder.appending(path: "dev").path, actions: KernelActions())
    ledger = try Ledger(
      run: "12345678-run", folder: folder.appending(path: "ledger").path, proc: proc)
    self.folder = folder
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
  }

  @Test("without a kernel log the run goes on, and its evidence says why")
  func missing() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
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
    defer { try? FileManager.default.removeItem(at: folder) }
    let watch = KernelWatch(host, ledger)
    try Data("4608\n".utf8).write(to: folder.appending(path: "proc/sys/kernel/tainted"))
    #expect(watch.take(.race).evidence.newTaint == .warned)
    #expect(watch.take(.race).evidence.newTaint == [])
  }

  @Test("the rate limit is lifted, and the ledger knows what it was")
  func rateLimit() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(KernelWatch.liftRateLimit(host, ledger))
    // A file is not emptied by a write, as the kernel's is.
    #expect(try text("proc/sys/kernel/printk_devkmsg").hasPrefix("on\n"))
    let change = SysctlChange(path: "kernel/printk_devkmsg", old: "ratelimit", new: "on")
    #expect(ledger.open == [.sysctl(change)])
  }

  @Test("every round is marked, with the run's name")
  func marks() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data().write(to: folder.appending(path: "dev/kmsg"))
    let watch = KernelWatch(host, ledger)
    watch.beginRace("A1 on scsi/0:0:0:0: cycle 3")
    #expect(
      try text("dev/kmsg")
        == "<14>bindrace: 12345678 begins\n<14>bindrace: 12345678 A1 on scsi/0:0:0:0: cycle 3\n")
    // What is read from a file is no record.
    #expect(watch.marksMissing == 2)
  }
}
