import Evidence
import Udev

/// The account of SEQNUMs against a model of the kernel's socket (netlink_overrun(),
/// netlink_rcv_wake()): what was dropped is never called unseen, and every number is counted once.
enum UeventFuzz: FuzzTarget {
  static let name = "uevents"

  static func run(_ input: [UInt8]) {
    var choices = Choices(input)
    var host = Socket()
    var account = SeqnumAccount(start: host.total)
    while !choices.isEmpty {
      switch choices.byte() % 6 {
      case 0: host.send()
      case 1: host.sendElsewhere()
      case 2: host.hold()
      case 3: host.deliverHeld(at: Int(choices.byte()))
      case 4: read(&host, &account)
      default:
        for _ in 0..<choices.byte() { host.send() }
      }
      if choices.once(in: 16) { settle(&host, &account) }
    }
    while host.hasHeld { host.deliverHeld(at: 0) }
    settle(&host, &account)
    let loss = account.loss
    must(
      loss.ueventsReceived + loss.ueventsLost + loss.ueventsUnseen == host.total - Socket.start,
      "\(loss) is not \(host.total - Socket.start)")
    must(loss.ueventsLost >= host.dropped, "\(loss) hides some of \(host.dropped) lost")
    must(loss.ueventsUnseen <= host.elsewhere, "\(loss) calls more unseen than \(host.elsewhere)")
    if host.dropped == 0 {
      must(loss.ueventsLost == 0, "\(loss) invents a loss")
      must(loss.ueventsReceived == host.received, "\(loss) is not \(host.received) received")
    }
  }

  private static func read(_ host: inout Socket, _ account: inout SeqnumAccount) {
    switch host.receive() {
    case .event(let number): account.receive(number)
    case .overflow: account.overflow()
    case .empty: if account.isOverflowing { account.drained(total: host.total) }
    }
  }

  private static func settle(_ host: inout Socket, _ account: inout SeqnumAccount) {
    // A sender is under way for less than a cycle.
    host.deliverOverdue()
    let total = host.total
    while !host.isEmpty { read(&host, &account) }
    read(&host, &account)
    account.settle(through: total)
  }

  private struct Socket {
    enum Received {
      case event(UInt64)
      case overflow
      case empty
    }

    static let start: UInt64 = 100
    private static let capacity = 8

    private(set) var total = start
    private(set) var dropped: UInt64 = 0
    private(set) var elsewhere: UInt64 = 0
    private(set) var received: UInt64 = 0
    private var queue: [UInt64] = []
    /// Numbered, and not yet sent.
    private var held: [UInt64] = []
    /// The total when the account was settled last.
    private var settled = start
    private var isCongested = false
    private var isReported = false

    var isEmpty: Bool { queue.isEmpty && !isReported }
    var hasHeld: Bool { !held.isEmpty }

    mutating func send() {
      total += 1
      deliver(total)
    }

    mutating func sendElsewhere() {
      total += 1
      elsewhere += 1
    }

    mutating func hold() {
      guard held.count < 4 else { return }
      total += 1
      held.append(total)
    }

    mutating func deliverHeld(at index: Int) {
      guard !held.isEmpty else { return }
      deliver(held.remove(at: index % held.count))
    }

    mutating func deliverOverdue() {
      while let first = held.first, first <= settled { deliver(held.removeFirst()) }
      settled = total
    }

    private mutating func deliver(_ number: UInt64) {
      if !isCongested && queue.count == Self.capacity {
        isCongested = true
        isReported = true
      }
      if isCongested { dropped += 1 } else { queue.append(number) }
    }

    mutating func receive() -> Received {
      if isReported {
        isReported = false
        return .overflow
      }
      guard !queue.isEmpty else { return .empty }
      let number = queue.removeFirst()
      if queue.isEmpty { isCongested = false }
      received += 1
      return .event(number)
    }
  }
}
