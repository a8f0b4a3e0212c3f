public import Evidence

/// What the writer needs of journald. Only `isListening` and `isExpected` never block.
public protocol JournalServer: Sendable {
  /// True where entries can be sent now.
  var isListening: Bool { get }
  /// True where the host has a journald, now or later.
  var isExpected: Bool { get }
  /// Hands an entry over. That it returns does not mean that the journal has it.
  func send(_ entry: JournalEntry) throws(SystemError)
  /// For each finding whether it can be read back from the journal.
  func holds(_ findings: [JournalEntry]) throws(SystemError) -> [Bool]
  /// Returns when what the journal holds is on disk, as far as it is kept on one, and by that shows
  /// that journald runs. Throws ETIMEDOUT where it does not answer, ENOENT where it cannot be asked.
  func synchronize() throws(SystemError)
}
