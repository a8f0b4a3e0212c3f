import Evidence
import Synchronization

@testable import Journal

/// A journald in memory that can be stopped, lose entries, or be missing.
final class FakeJournald: JournalServer {
  struct State {
    var isListening = true
    var isExpected = true
    /// As SIGSTOP with a full queue does.
    var isStopped = false
    /// How many of the next entries are taken and lost.
    var loses = 0
    /// Entries of this priority or a more urgent one are kept (MaxLevelStore=); nothing is with Storage=none.
    var maxLevelStore = 7
    var error: SystemError?
    var syncError: SystemError?
    var received: [JournalEntry] = []
    var stored: [JournalEntry] = []
    var looks = 0
    var syncs = 0
  }

  let state = Mutex(State())
  private let resumed: EventFlag

  init() throws {
    resumed = try EventFlag()
  }

  var received: [JournalEntry] { state.withLock { $0.received } }
  var isListening: Bool { state.withLock { $0.isListening } }
  var isExpected: Bool { state.withLock { $0.isExpected } }

  func send(_ entry: JournalEntry) throws(SystemError) {
    while state.withLock({ $0.isStopped }) { resumed.wait(until: nil) }
    try state.withLock { (state) throws(SystemError) in
      if let error = state.error { throw error }
      state.received.append(entry)
      if state.loses > 0 {
        state.loses -= 1
      } else if entry.priority.rawValue <= state.maxLevelStore {
        state.stored.append(entry)
      }
    }
  }

  func holds(_ findings: [JournalEntry]) throws(SystemError) -> [Bool] {
    state.withLock { state in
      state.looks += 1
      return findings.map { finding in
        state.stored.contains {
          $0[.run] == finding[.run] && $0[.finding] == finding[.finding]
            && $0[.cycle] == finding[.cycle]
        }
      }
    }
  }

  func synchronize() throws(SystemError) {
    try state.withLock { (state) throws(SystemError) in
      state.syncs += 1
      if let error = state.syncError { throw error }
    }
  }

  func resume() {
    state.withLock { $0.isStopped = false }
    resumed.raise()
  }
}
