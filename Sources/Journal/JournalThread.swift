internal import CLinux
internal import DriverModel
internal import Evidence
internal import Glibc

/// The thread that sends: it alone waits for journald. Without a finding to read back it sleeps until
/// it is woken.
final class JournalThread {
  /// A finding that was not read back yet.
  private struct Pending {
    var item: JournalQueue.Item
    /// Nil before it was sent.
    var sent: Time?
    /// When journald was seen at work without having it.
    var missed: Time?
  }

  /// How often is looked at the end.
  private static let lastLooks: Duration = .milliseconds(50)
  private static let stack = 512 << 10

  private let run: String
  private let queue: JournalQueue
  private let server: any JournalServer
  private let outbox: Outbox?
  private let timing: JournalWriter.Timing
  private var pending: [Pending] = []
  private var step = 0
  private var nextLook: Time?

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

  /// Signals are the other threads' to handle.
  func start() throws(SystemError) {
    let argument = unsafe Unmanaged.passRetained(self)
    var all = sigset_t()
    var old = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &old)
    var thread: UInt64 = 0
    let error = unsafe CLinux_start_thread(Self.body, argument.toOpaque(), Self.stack, &thread)
    unsafe pthread_sigmask(SIG_SETMASK, &old, nil)
    guard error == 0 else {
      unsafe argument.release()
      throw SystemError("pthread_create", "journal", error)
    }
    CLinux_detach_thread(thread)
  }

  private static let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    unsafe CLinux_name_thread("bindrace-log")
    unsafe Unmanaged<JournalThread>.fromOpaque($0!).takeRetainedValue().work()
    return nil
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
    let isSent = send(item.entry)
    guard item.entry.isFinding else { return }
    pending.append(Pending(item: item, sent: isSent ? MonotonicClock.now() : nil))
    lookSoon()
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

  private func tell(_ text: String) {
    queue.note(text)
    send(.entriesLost(run: run, dropped: 0, reason: text))
  }

  // MARK: - Reading back

  private var soon: Time { MonotonicClock.now() + Self.lastLooks }

  private func lookSoon() {
    step = 0
    nextLook = min(nextLook ?? .max, MonotonicClock.now() + timing.backoff[0])
  }

  private func look() {
    do throws(SystemError) {
      let found = try server.holds(pending.map(\.item.entry))
      let isSettled = settle(found)
      for index in pending.indices where !found[index] { lookAgain(at: index, isSettled) }
      pending = zip(pending, found).filter { !($1 && isSettled) }.map(\.0)
    } catch {
      queue.note("the journal cannot be read: \(error)")
    }
    step = min(step + 1, timing.backoff.count - 1)
    nextLook = pending.isEmpty ? nil : MonotonicClock.now() + timing.backoff[step]
  }

  /// What the journal has is deleted when it is on disk there too: a crash of the host would take it
  /// away. True where journald says so.
  private func settle(_ found: [Bool]) -> Bool {
    let now = MonotonicClock.now()
    let isOverdue = pending.contains { $0.sent.map { $0 + timing.patience < now } ?? false }
    guard found.contains(true) || isOverdue else { return false }
    do throws(SystemError) {
      try server.synchronize()
    } catch {
      // A journald that cannot be asked syncs in its own time (SyncIntervalSec=).
      guard error.errno == ENOENT else { return false }
    }
    for (pending, isFound) in zip(pending, found) where isFound {
      guard let kept = pending.item.kept else { continue }
      do throws(SystemError) {
        try outbox?.delete(kept)
      } catch {
        queue.note("\(error)")
      }
    }
    return true
  }

  /// Sends what was never sent, and what journald had time enough for while it ran.
  private func lookAgain(at index: Int, _ isAlive: Bool) {
    let now = MonotonicClock.now()
    guard let sent = pending[index].sent else {
      if send(pending[index].item.entry) { pending[index].sent = now }
      return
    }
    guard isAlive, sent + timing.patience < now else { return }
    guard let missed = pending[index].missed else {
      pending[index].missed = now
      return
    }
    guard missed + timing.patience < now, send(pending[index].item.entry) else { return }
    pending[index].sent = now
    pending[index].missed = nil
  }
}

extension Time {
  fileprivate static var max: Time { Time(nanoseconds: .max) }
}
