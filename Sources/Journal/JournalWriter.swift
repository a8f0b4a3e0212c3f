internal import CLinux
internal import DriverModel
public import Evidence
internal import Glibc

/// Writes entries to the journal, by a thread of its own: whoever writes never waits for journald.
///
/// A finding is on disk (`Outbox`) before it is sent, and stays there until it was read back from
/// the journal. Not every journal keeps what journald takes (Storage=none, MaxLevelStore=): there it is sent twice
/// at most. Where no journald listens, the lines of an entry are said instead. It belongs to one thread.
public final class JournalWriter {
  /// What was not known to be in the journal at the end.
  public struct Remainder: Sendable, Equatable {
    /// Findings that the outbox keeps: a later process delivers them.
    public var keptFindings = 0
    /// Findings that nobody delivers any more, if journald did not take them.
    public var lostFindings = 0
    /// Other entries that were not sent.
    public var others = 0

    public var isEmpty: Bool { self == Remainder() }
  }

  /// When it is looked whether the journal has what was sent.
  public struct Timing: Sendable {
    /// How long after a finding was sent, time after time; then each last one.
    public var backoff: [Duration]
    /// After which time a finding is sent again that the journal does not have, and how long one can take where
    /// journald cannot be asked whether it has worked off what was sent.
    public var patience: Duration

    public init(
      backoff: [Duration] = [
        .milliseconds(200), .seconds(1), .seconds(5), .seconds(30), .seconds(60),
      ],
      patience: Duration = .seconds(4)
    ) {
      self.backoff = backoff
      self.patience = patience
    }
  }

  public let run: String
  private let server: any JournalServer
  private let outbox: Outbox?
  private let say: (String) -> Void
  private let tell: (String) -> Void
  /// For findings that are delivered in another boot.
  private let boot: String?
  private let queue: JournalQueue
  private var lastFinding = 0
  /// Findings that went from a full outbox.
  private var dropped = 0
  private var isFull = false

  /// Starts the thread, which first delivers what earlier processes left in the outbox.
  ///
  /// - Parameters:
  ///   - run: names the findings, together with their numbers.
  ///   - outbox: nil keeps no finding.
  ///   - capacity: how many entries other than findings can wait.
  ///   - say: takes what goes wrong. It is called within the calls of this object, and so is `tell`.
  ///   - tell: takes the lines of the entries where no journald listens; nil gives them to `say`.
  /// - Throws: where there is no thread to be had.
  public init(
    run: String, server: any JournalServer = Journald(), outbox: Outbox?,
    capacity: Int = 1000, timing: Timing = Timing(),
    say: @escaping (String) -> Void, tell: ((String) -> Void)? = nil
  ) throws(SystemError) {
    self.run = run
    self.server = server
    self.outbox = outbox
    boot = Outbox.boot
    self.say = say
    self.tell = tell ?? say
    queue = try JournalQueue(capacity: capacity)
    try JournalThread(run: run, queue: queue, server: server, outbox: outbox, timing: timing)
      .start()
  }

  /// Writes an entry. A finding is on disk when this returns.
  public func write(_ entry: JournalEntry) {
    sayNotices()
    let entry = stamped(entry)
    let isListening = server.isListening
    if !isListening { for line in entry.lines { tell(line) } }
    guard server.isExpected else { return }
    let kept = entry.isFinding ? keep(entry) : nil
    // What was said and is on no disk has been told well enough.
    guard isListening || kept != nil else { return }
    if queue.append(JournalQueue.Item(entry: entry, kept: kept)) {
      isFull = false
    } else if entry.isFinding || !isFull {
      isFull = true
      say("the journal takes nothing, and the queue is full: dropped: \(entry.text)")
    }
  }

  /// Delivers what a process left that has ended meanwhile.
  public func deliverLeft() { queue.lookForLeft() }

  /// Ends the thread as soon as every finding was read back and all else was sent, at most after
  /// `limit`. Nothing is written after that.
  ///
  /// - Returns: what is left.
  public func finish(within limit: Duration) -> Remainder {
    queue.end()
    queue.done.wait(until: MonotonicClock.now() + limit)
    sayNotices()
    return queue.remainder
  }

  private func stamped(_ entry: JournalEntry) -> JournalEntry {
    var entry = entry
    if entry.isFinding {
      lastFinding += 1
      entry[.finding] = "\(lastFinding)"
      entry[.boot] = boot
    }
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    entry[.realtime] = "\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)"
    return entry
  }

  private func keep(_ entry: JournalEntry) -> Outbox.Kept? {
    guard let outbox else { return nil }
    do {
      let (kept, dropped) = try outbox.keep(entry)
      if !dropped.isEmpty { sayDropped(dropped) }
      return kept
    } catch {
      say("a finding is not kept until the journal has it: \(error)")
      let lost = JournalEntry.entriesLost(
        run: run, dropped: 0, reason: "A finding is not kept until the journal has it: \(error)")
      _ = queue.append(JournalQueue.Item(entry: lost, kept: nil))
      return nil
    }
  }

  /// Said when it is 1, 2, 4, 8 and so on in all, as there can be thousands.
  private func sayDropped(_ dropped: [Outbox.Kept]) {
    queue.forget(dropped)
    let before = self.dropped
    self.dropped += dropped.count
    guard before.leadingZeroBitCount != self.dropped.leadingZeroBitCount else { return }
    let text =
      "The outbox is full: the oldest findings are dropped that the journal does not have yet, \(self.dropped) so far."
    say(text)
    let lost = JournalEntry.entriesLost(run: run, dropped: self.dropped, reason: text)
    _ = queue.append(JournalQueue.Item(entry: lost, kept: nil))
  }

  private func sayNotices() {
    for notice in queue.takeNotices() { say(notice) }
  }
}
