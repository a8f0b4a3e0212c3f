public import DriverModel
public import Evidence
internal import Glibc

/// The kernel's log, read from where it is opened on (Documentation/ABI/testing/dev-kmsg).
///
/// Only reports that something went wrong are kept, up to a bound; all else is read and dropped.
public final class KernelLog {
  private let object: String
  private let patience: Int32
  private let file: Descriptor
  private var reports = KernelReportReader()
  private var account = KernelLogAccount()
  /// As long as the longest record, and more (CONSOLE_EXT_LOG_MAX).
  private var buffer = [UInt8](repeating: 0, count: 16384)
  /// How a mark of the run begins; those that came back are counted.
  private let mark: String
  public private(set) var marksRead = 0

  /// Opens the log at its end.
  ///
  /// - Parameters:
  ///   - dev: the folder of devices (/dev).
  ///   - mark: how the records begin that the run writes itself.
  public convenience init(_ dev: Directory, mark: String) throws(SystemError) {
    let file = try dev.open("kmsg", O_RDONLY | O_NONBLOCK)
    let object = dev.object("kmsg")
    // SEEK_END stands behind the last record (devkmsg_llseek()).
    guard lseek(file.number, 0, SEEK_END) >= 0 else { throw SystemError("lseek", object, errno) }
    self.init(reading: file, object, mark: mark)
  }

  /// - Parameters:
  ///   - file: every read(2) gives one record, and EAGAIN where there is none.
  ///   - patience: how long the next line of a report may take to come, in milliseconds.
  init(
    reading file: consuming Descriptor, _ object: String, mark: String, patience: Int32 = 100
  ) {
    self.file = file
    self.patience = patience
    self.object = object
    self.mark = mark
  }

  /// What came since the last call: reports, how many more there were, and how many records were
  /// overwritten before they were read.
  ///
  /// A report whose end has not come is waited for, as long as something comes.
  public func take(_ phase: KernelReport.Phase) throws(SystemError)
    -> (reports: [KernelReport], more: Int, lost: UInt64)
  {
    let start = MonotonicClock.now()
    var isAtEnd = try drain(since: start)
    while isAtEnd, reports.isOpen, hasMore { isAtEnd = try drain(since: start) }
    if !isAtEnd { account.leftUnread() }
    let (found, more) = reports.take(phase)
    return (found, more, account.take())
  }

  /// Whoever writes as fast as it is read would keep us for ever; the rest is for the next call, and
  /// counts as one that was lost.
  private static let longest: Int64 = 2_000_000_000

  private var hasMore: Bool {
    var waiting = pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&waiting, 1, patience) > 0
  }

  /// True when all was read that is there.
  private func drain(since start: Time) throws(SystemError) -> Bool {
    while MonotonicClock.now() - start < Self.longest {
      let (count, error) = unsafe buffer.withUnsafeMutableBytes { buffer in
        retryingInterrupts { unsafe read(file.number, buffer.baseAddress, buffer.count) }
      }
      switch (count, error) {
      case (1..., _):
        // One that cannot be read is missed by its number.
        guard let record = KernelLogRecord(buffer[..<count]) else { continue }
        account.received(record.sequence)
        if !record.isKernel, record.text.hasPrefix(mark) { marksRead += 1 }
        reports.read(record)
      case (_, EPIPE): account.overrun()
      case (0, _), (_, EAGAIN): return true
      default: throw SystemError("read", object, error)
      }
    }
    return false
  }
}

/// Counts records that were lost, by their sequence numbers, which have no gaps.
struct KernelLogAccount {
  /// Nil before the first record.
  private var next: UInt64?
  private var lost: UInt64 = 0

  mutating func received(_ sequence: UInt64) {
    if let next, sequence > next { lost += sequence - next }
    next = sequence &+ 1
  }

  /// EPIPE: what was to be read is overwritten. How much shows in the next number; before the first,
  /// it was one at least.
  mutating func overrun() {
    if next == nil { lost = max(lost, 1) }
  }

  /// What is still to be read may be wanted now: as good as lost.
  mutating func leftUnread() { lost = max(lost, 1) }

  mutating func take() -> UInt64 {
    defer { lost = 0 }
    return lost
  }
}
