internal import CLinux
public import DriverModel
public import Evidence
internal import Glibc
internal import Synchronization

/// The kernel's log, read from where it is opened on (Documentation/ABI/testing/dev-kmsg).
///
/// Only reports that something went wrong are kept, up to a bound; all else is read and dropped. A
/// thread of its own reads as it comes: one cycle can say more than the log holds.
public final class KernelLog {
  private let tail: KernelLogTail
  /// Its closing ends the thread.
  private let life: Descriptor

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
    try self.init(reading: file, object, mark: mark)
  }

  /// - Parameters:
  ///   - file: every read(2) gives one record, and EAGAIN where there is none.
  ///   - patience: how long the next line of a report may take to come, in milliseconds.
  init(
    reading file: consuming Descriptor, _ object: String, mark: String, patience: Int32 = 100
  ) throws(SystemError) {
    tail = KernelLogTail(file: file, object: object, mark: mark, patience: patience)
    life = try tail.start()
  }

  /// What came since the last call: reports, how many more there were, and how many records were
  /// overwritten before they were read.
  ///
  /// A report whose end has not come is waited for, as long as something comes.
  public func take(_ phase: KernelReport.Phase) throws(SystemError)
    -> (reports: [KernelReport], more: Int, lost: UInt64)
  {
    try tail.take(phase)
  }

  /// How many marks of the run came back.
  public var marksRead: Int { tail.marksRead }
}

/// What is read of the log, by the thread and by whoever takes it.
private final class KernelLogTail: Sendable {
  private let file: Descriptor
  private let object: String
  private let mark: String
  private let patience: Int32
  private let state = Mutex(State())

  private struct State {
    var reports = KernelReportReader()
    var account = KernelLogAccount()
    var marksRead = 0
    var recordsRead = 0
    /// Why nothing more can be read.
    var error: SystemError?
    /// As long as the longest record, and more (CONSOLE_EXT_LOG_MAX).
    var buffer = [UInt8](repeating: 0, count: 16384)
  }

  init(file: consuming Descriptor, object: String, mark: String, patience: Int32) {
    self.file = file
    self.object = object
    self.mark = mark
    self.patience = patience
  }

  var marksRead: Int { state.withLock { $0.marksRead } }

  // MARK: - Taking

  /// Whoever writes as fast as it is read would keep us for ever; the rest is for the next call, and
  /// counts as one that was lost.
  private static let longest: Duration = .seconds(2)

  typealias Taken = (reports: [KernelReport], more: Int, lost: UInt64)

  func take(_ phase: KernelReport.Phase) throws(SystemError) -> Taken {
    let taken = state.withLock { (state) -> Result<Taken, SystemError> in
      let end = MonotonicClock.now() + Self.longest
      var isAtEnd = drain(&state, until: end)
      while isAtEnd, state.reports.isOpen, comes(within: patience) {
        isAtEnd = drain(&state, until: end)
      }
      if let error = state.error {
        return .failure(error)
      }
      if !isAtEnd { state.account.leftUnread() }
      let (found, more) = state.reports.take(phase)
      return .success((found, more, state.account.take()))
    }
    return try taken.get()
  }

  private func comes(within milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: file.number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&waiting, 1, milliseconds) > 0
  }

  /// True when all was read that is there.
  private func drain(_ state: inout State, until end: Time) -> Bool {
    while state.error == nil, MonotonicClock.now() < end {
      let (count, error) = unsafe state.buffer.withUnsafeMutableBytes { buffer in
        retryingInterrupts { unsafe read(file.number, buffer.baseAddress, buffer.count) }
      }
      switch (count, error) {
      case (1..., _):
        state.recordsRead += 1
        // One that cannot be read is missed by its number.
        guard let record = KernelLogRecord(state.buffer[..<count]) else { continue }
        state.account.received(record.sequence)
        if !record.isKernel, record.text.hasPrefix(mark) { state.marksRead += 1 }
        state.reports.read(record)
      case (_, EPIPE): state.account.overrun()
      case (0, _), (_, EAGAIN): return true
      default: state.error = SystemError("read", object, error)
      }
    }
    return false
  }

  // MARK: - Reading as it comes

  /// How long it is left alone, in milliseconds, once it has read few, so that it is woken for many
  /// records and not for each, and keeps no race from its CPU. The smallest logs hold some hundreds
  /// (CONFIG_LOG_BUF_SHIFT).
  private static let pause: Int32 = 10
  private static let few = 50
  /// How long it reads at most before whoever takes has a turn.
  private static let turn: Duration = .milliseconds(50)

  /// Starts the thread, which ends when what is returned is closed.
  func start() throws(SystemError) -> Descriptor {
    var ends: [Int32] = [0, 0]
    guard unsafe CLinux_output_pipe(&ends) == 0 else { throw SystemError("pipe2", object, errno) }
    let other = ends[0]
    let life = Descriptor(owning: ends[1])
    try BackgroundThread.start("bindrace-kmsg") { [self] in
      readAsItComes(life: Descriptor(owning: other))
    }
    return life
  }

  private func readAsItComes(life: consuming Descriptor) {
    /// False when it is to end.
    func waits(for file: Int32, _ milliseconds: Int32, _ life: Int32) -> Bool {
      var ends = [
        pollfd(fd: life, events: 0, revents: 0),
        pollfd(fd: file, events: Int16(POLLIN), revents: 0),
      ]
      unsafe poll(&ends, 2, milliseconds)
      return ends[0].revents == 0
    }
    while waits(for: file.number, -1, life.number), let count = readOn() {
      if count < Self.few, !waits(for: -1, Self.pause, life.number) { return }
    }
  }

  /// How many it read; nil where nothing more can be read.
  private func readOn() -> Int? {
    state.withLock { state in
      let before = state.recordsRead
      _ = drain(&state, until: MonotonicClock.now() + Self.turn)
      return state.error == nil ? state.recordsRead - before : nil
    }
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
