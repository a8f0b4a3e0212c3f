import DriverModel
import Evidence
import Foundation
import Glibc
import Testing

@testable import KernelTrace

/// How /dev/kmsg is read: one record each time, and what was overwritten is counted.
@Suite struct KernelLogTests {
  /// A log in whose place records are sent, as /dev/kmsg gives them.
  private func log() throws -> (log: KernelLog, sender: Int32) {
    var ends: [Int32] = [-1, -1]
    unsafe socketpair(
      AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends)
    // A busy machine may let a sender wait.
    let log = try KernelLog(
      reading: Descriptor(owning: ends[0]), "kmsg", mark: "bindrace: 1234 ", patience: 1500)
    return (log, ends[1])
  }

  private func send(_ records: [String], to sender: Int32) {
    for record in records {
      let bytes = Array(record.utf8)
      unsafe Glibc.send(sender, bytes, bytes.count, 0)
    }
  }

  @Test("a record has its priority, number, time and text; lines about the device are none of it")
  func record() throws {
    let text =
      "6,339,5140900,-;pci_root PNP0A03:00: window\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n"
    let record = try #require(KernelLogRecord(Array(text.utf8)[...]))
    #expect(record.isKernel && record.sequence == 339 && record.microseconds == 5_140_900)
    #expect(record.text == "pci_root PNP0A03:00: window")
    let caller = "3,1,2,c,caller=T88;a;b,c\\x09d\\x5c\\x0ae\n"
    #expect(KernelLogRecord(Array(caller.utf8)[...])?.text == "a;b,c\td\\\ne")
    let user = "12,423,6145526,-;BUG: hello\n"
    #expect(KernelLogRecord(Array(user.utf8)[...])?.isKernel == false)
    for damaged in [
      "", ";", "6,1,2;x", "6,x,2,-;x", "6,,2,-;x", "6,1,2,-", "6,18446744073709551616,2,-;x",
      "6,18446744073709551620,2,-;x", "4294967296,1,2,-;x",
    ] {
      #expect(KernelLogRecord(Array(damaged.utf8)[...]) == nil)
    }
  }

  @Test("reports come with the phase they were read in; marks of the run are counted")
  func reading() throws {
    let (log, sender) = try log()
    send(
      [
        "14,7,100,-;bindrace: 1234 begins\n", "14,8,101,-;bindrace: 5678 begins\n",
        "6,9,102,-;sd 0:0:0:0: [sda] Attached SCSI disk\n",
        "4,10,103,-;unregister_netdevice: waiting for lo to become free. Usage count = 1\n",
        "12,11,104,-;BUG: written by user space\n",
      ], to: sender)
    let first = try log.take(.preparation)
    #expect(first.reports.map(\.phase) == [.preparation])
    #expect(
      first.reports.map(\.title) == [
        "unregister_netdevice: waiting for lo to become free. Usage count = 1"
      ])
    #expect(first.lost == 0 && log.marksRead == 1)
    #expect(try log.take(.race).reports.isEmpty)
    close(sender)
  }

  @Test("what was overwritten is counted to the record, once")
  func overrun() throws {
    var account = KernelLogAccount()
    account.received(100)
    account.received(101)
    #expect(account.take() == 0)
    account.overrun()
    account.received(500)
    #expect(account.take() == 398)
    account.received(501)
    #expect(account.take() == 0)
    var unknown = KernelLogAccount()
    unknown.overrun()
    unknown.received(17)
    #expect(unknown.take() == 1)
  }

  @Test("a report whose end has not come yet is waited for")
  func waiting() throws {
    let (log, sender) = try log()
    send(["4,1,100,-;------------[ cut here ]------------\n"], to: sender)
    let later = Thread {
      usleep(30_000)
      self.send(
        [
          "4,2,200,-;WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n",
          "4,3,300,-;---[ end trace 0000000000000000 ]---\n",
        ], to: sender)
    }
    later.start()
    let taken = try log.take(.race)
    #expect(taken.reports.map(\.title) == ["WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2"])
    #expect(taken.reports.first?.lines.count == 3)
    close(sender)
  }

  @Test("what comes while nobody takes it is read, so that the log holds no more than it can")
  func asItComes() throws {
    let (log, sender) = try log()
    let last = 5000
    for number in 1...last {
      // The socket holds some hundreds.
      var waiting = pollfd(fd: sender, events: Int16(POLLOUT), revents: 0)
      try #require(unsafe poll(&waiting, 1, 10_000) == 1, "nobody reads record \(number)")
      send(["14,\(number),100,-;bindrace: 1234 cycle \(number)\n"], to: sender)
    }
    #expect(try log.take(.race).lost == 0)
    #expect(log.marksRead == last)
    close(sender)
  }

  @Test("a log that grows as fast as it is read is left in the end, and that is a loss")
  func endless() throws {
    // /dev/zero never ends, and holds no record.
    let zero = try Directory("/dev").open("zero", O_RDONLY)
    let log = try KernelLog(reading: zero, "zero", mark: "")
    let start = MonotonicClock.now()
    #expect(try log.take(.race).lost == 1)
    #expect((1_900_000_000..<10_000_000_000).contains(MonotonicClock.now() - start))
  }

  @Test("without a /dev/kmsg it says so")
  func missing() throws {
    #expect(throws: SystemError.self) { try KernelLog(try Directory("/proc/self"), mark: "") }
  }
}
