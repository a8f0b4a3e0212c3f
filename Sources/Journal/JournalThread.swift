internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// The thread that sends: it alone waits for journald. Without a finding to read back it sleeps until
/// it is woken.
final class JournalThread {
  /// A finding that was not read back yet.
  struct Pending {
    var item: JournalQueue.Item
    /// When this process sent it last; nil before that.
    var sent: Time?
    /// How often it did.
    var sends = 0
    /// True where it is not waited for any more.
    var isDone = false

    var level: Int { item.entry.priority.rawValue }
  }

  /// How often is looked at the end.
  private static let lastLooks: Duration = .milliseconds(50)
  /// How often a finding is sent at most that the journal does not show: where nothing is known of what it keeps,
  /// and where it keeps findings that are no more urgent, so that this one was lost on the way.
  static let (mostSends, mostLost) = (2, 8)
  private static let stack = 512 << 10

  private let run: String
  let queue: JournalQueue
  let server: any JournalServer
  let outbox: Outbox?
  let timing: JournalWriter.Timing
  var pending: [Pending] = []
  /// The least urgent finding that was read back, and the most urgent one that the journal did not keep, as their
  /// priorities (MaxLevelStore=).
  var keeps = Int.min
  var keepsNot = Int.max
  var isEnding = false
  /// True where it was said that the journal does not keep findings.
  var isGivenUp = false
  var step = 0
  var nextLook: Time?

  init(
    run: String, queue: JournalQueue, server: any JournalServer, outbox: Outbox?,
    timing: JournalWriter.Timing
  ) {
    self.run = run
    self.queue = queue
    self.server = server
    self.outbox = outbox
    self.timing = timing
  }

  func start() throws(SystemError) {
    // From here on the thread alone has it.
    nonisolated(unsafe) let thread = self
    try BackgroundThread.start("bindrace-log", stack: Self.stack) { unsafe thread.work() }
  }

  private func work() {
    while true {
      let batch = queue.take()
      if batch.wantsLeft { takeLeft() }
      for item in batch.items { take(item) }
      if batch.dropped > 0 {
        send(
          .entriesLost(
            run: run, dropped: batch.dropped,
            reason: "\(batch.dropped) journal entries were dropped: journald did not take them."))
      }
      isEnding = batch.isEnding
      if batch.isEnding, !pending.isEmpty { nextLook = min(nextLook ?? .max, soon) }
      if let time = nextLook, MonotonicClock.now() >= time { look() }
      report()
      if batch.isEnding, pending.isEmpty || !server.isListening { return end() }
      queue.wake.wait(until: nextLook)
    }
  }

  /// What is left is on disk, where there is one.
  private func end() {
    outbox?.close()
    queue.done.raise()
  }

  private func report() {
    var remainder = JournalWriter.Remainder()
    for pending in pending { remainder.add(pending.item) }
    queue.setInHand(remainder)
  }

  // MARK: - Sending

  private func take(_ item: JournalQueue.Item) {
    guard item.entry.isFinding else {
      send(item.entry)
      return
    }
    pending.append(Pending(item: item))
    send(at: pending.count - 1)
    lookSoon()
  }

  /// Hands a finding over, which stands in its name then: who comes after this process has to know.
  func send(at index: Int) {
    guard send(pending[index].item.entry) else { return }
    pending[index].sent = MonotonicClock.now()
    pending[index].sends += 1
    guard let kept = pending[index].item.kept else { return }
    do throws(SystemError) {
      try outbox?.noteSend(kept)
    } catch {
      queue.note("\(error)")
    }
  }

  @discardableResult private func send(_ entry: JournalEntry) -> Bool {
    guard server.isListening else { return false }
    do throws(SystemError) {
      try server.send(entry)
      return true
    } catch {
      queue.note("the journal did not take an entry: \(error)")
      return false
    }
  }

  /// They may have come into the journal before their process ended, so that is looked at first.
  private func takeLeft() {
    guard let left = outbox?.takeLeft() else { return }
    for kept in left.kept {
      pending.append(Pending(item: JournalQueue.Item(entry: kept.entry, kept: kept)))
    }
    if !left.kept.isEmpty { nextLook = MonotonicClock.now() }
    for path in left.damaged {
      tell("A finding in the outbox is damaged and was kept: \(path)")
    }
    for error in left.errors { tell("The outbox cannot be read: \(error)") }
  }

  func tell(_ text: String) {
    queue.note(text)
    send(.entriesLost(run: run, dropped: 0, reason: text))
  }

  // MARK: - When it is looked

  private var soon: Time { MonotonicClock.now() + Self.lastLooks }

  private func lookSoon() {
    step = 0
    nextLook = min(nextLook ?? .max, MonotonicClock.now() + timing.backoff[0])
  }
}

extension Time {
  fileprivate static var max: Time { Time(nanoseconds: .max) }
}
