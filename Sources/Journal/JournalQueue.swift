internal import Evidence
internal import Synchronization

/// What goes from the writing thread to the thread that sends, and back. Nobody waits in it.
final class JournalQueue: Sendable {
  struct Item: Sendable {
    var entry: JournalEntry
    /// Nil for what is not on disk.
    var kept: Outbox.Kept?
  }

  /// What the sending thread finds when it looks.
  struct Batch {
    var items: [Item]
    /// Entries that had no room since the last time.
    var dropped: Int
    var wantsLeft: Bool
    var isEnding: Bool
  }

  private struct State {
    var items: [Item] = []
    var dropped = 0
    var notices: [String] = []
    var inHand = JournalWriter.Remainder()
    var wantsLeft = true
    var isEnding = false
  }

  private let state = Mutex(State())
  private let capacity: Int
  /// Raised for the sending thread.
  let wake: EventFlag
  /// Raised when that has ended.
  let done: EventFlag

  init(capacity: Int) throws(SystemError) {
    self.capacity = capacity
    wake = try EventFlag()
    done = try EventFlag()
  }

  /// False where there is no room for it. For what is on disk there always is: the outbox is bounded
  /// itself.
  func append(_ item: Item) -> Bool {
    let isTaken = state.withLock { state in
      if item.kept == nil && state.items.count >= capacity {
        state.dropped += 1
        return false
      }
      state.items.append(item)
      return true
    }
    wake.raise()
    return isTaken
  }

  /// These went from the outbox, and are not waited for any more.
  func forget(_ dropped: [Outbox.Kept]) {
    state.withLock { state in
      state.items.removeAll { item in dropped.contains { $0.isSame(as: item.kept) } }
    }
  }

  func lookForLeft() {
    state.withLock { $0.wantsLeft = true }
    wake.raise()
  }

  func end() {
    state.withLock { $0.isEnding = true }
    wake.raise()
  }

  /// Takes everything; it counts as in hand until `setInHand`.
  func take() -> Batch {
    state.withLock { state in
      let batch = Batch(
        items: state.items, dropped: state.dropped, wantsLeft: state.wantsLeft,
        isEnding: state.isEnding)
      for item in state.items { state.inHand.add(item) }
      state.items = []
      state.dropped = 0
      state.wantsLeft = false
      return batch
    }
  }

  func setInHand(_ remainder: JournalWriter.Remainder) {
    state.withLock { $0.inHand = remainder }
  }

  /// What is not known to be in the journal.
  var remainder: JournalWriter.Remainder {
    state.withLock { state in
      var remainder = state.inHand
      for item in state.items { remainder.add(item) }
      remainder.others += state.dropped
      return remainder
    }
  }

  /// Something for the user, said by the writing thread.
  func note(_ text: String) {
    state.withLock { state in
      if state.notices.last != text { state.notices.append(text) }
    }
  }

  func takeNotices() -> [String] {
    state.withLock { state in
      defer { state.notices = [] }
      return state.notices
    }
  }
}

extension JournalWriter.Remainder {
  mutating func add(_ item: JournalQueue.Item) {
    if item.kept != nil {
      keptFindings += 1
    } else if item.entry.isFinding {
      lostFindings += 1
    } else {
      others += 1
    }
  }
}
