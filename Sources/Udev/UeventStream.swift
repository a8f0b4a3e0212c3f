public import Evidence

/// The kernel's uevents in their order, and the account of those that never came.
public final class UeventStream {
  private let monitor: UdevMonitor
  private let seqnum: () throws(SystemError) -> UInt64
  private var account: SeqnumAccount

  /// Begins to receive.
  ///
  /// - Parameters:
  ///   - bufferSize: of the socket, in bytes.
  ///   - seqnum: reads /sys/kernel/uevent_seqnum, the number of the last event.
  public init(bufferSize: Int, seqnum: @escaping () throws(SystemError) -> UInt64)
    throws(SystemError)
  {
    self.seqnum = seqnum
    monitor = try UdevMonitor(try UdevContext(), .kernel, bufferSize: bufferSize)
    account = SeqnumAccount(start: try seqnum())
  }

  /// Readable when there are events: for poll(2) and epoll(7).
  public var descriptor: Int32 { monitor.descriptor }

  /// Takes what has come, without waiting. True where some were dropped on the way.
  ///
  /// - Parameter most: how many events at most, for who has something else to do beside a storm.
  @discardableResult public func receive(atMost most: Int = .max, _ take: (Uevent) -> Void)
    throws(SystemError) -> Bool
  {
    var hasOverflown = false
    for _ in 0..<most {
      switch try monitor.receive() {
      case .event(let event):
        account.receive(event.seqnum)
        take(event)
      case .overflow:
        hasOverflown = true
        account.overflow()
      case .empty:
        if account.isOverflowing { account.drained(total: try seqnum()) }
        return hasOverflown
      }
    }
    return hasOverflown
  }

  /// Takes what has come, and knows then of all events up to now what became of them.
  public func settle(_ take: (Uevent) -> Void) throws(SystemError) {
    // The order that the account asks for: total, then receive until empty, then settle.
    let total = try seqnum()
    try receive(take)
    account.settle(through: total)
  }

  /// Of all events since the beginning, as far as it is known. A late event makes a number smaller again.
  public var loss: EvidenceLoss { account.loss }
}
