public import Evidence

/// Tells, from the numbers of the uevents received, how many never came and whether they were lost.
///
/// The kernel numbers all uevents of the machine with one counter. A number that never came was either
/// dropped at our full socket (**lost**) or sent to another network namespace only (**unseen**).
/// Synthetic events take numbers too, and are received like any other.
///
/// ENOBUFS says that something was dropped, not what, and not where it was: the kernel reports it
/// at the next recvmsg(2), *ahead* of older events that still wait in the queue, and drops everything
/// from the first drop until that queue has been read empty (netlink_overrun(), netlink_rcv_wake()).
/// So the hole opens only after the queue, and no event that was queued after a drop is ever read before
/// the report. It follows:
/// * Without a report since it was waited for, a number that is missing is unseen.
/// * With one, every number is lost that has not come and that was given out before the queue
///   was seen empty again. The total at that moment (`drained`) is the upper end; numbers above it
///   were sent to a socket that had room.
///
/// Events of different devices can arrive slightly out of order (6.12), so a number is judged only when
/// it is `reach` behind the highest, or at `settle`. Those still waited for at a report count as
/// lost with it, and so do those that the last `settle` called unseen, since they could have been under
/// way: an error makes "unseen" to "lost", never the other way round. One bit for each number in reach is all the memory there is.
public struct SeqnumAccount: Sendable {
  /// How far behind the highest number an event may still come.
  public static let reach: UInt64 = 4096

  /// True from a report of ENOBUFS until the queue was seen empty.
  public private(set) var isOverflowing = false

  private let start: UInt64
  /// Every number up to this one is counted.
  private var settled: UInt64
  /// Missing numbers up to this one are lost.
  private var lostThrough: UInt64 = 0
  /// One bit for each number in (settled, settled + reach], at its remainder.
  private var came = [UInt64](repeating: 0, count: Int(reach / 64))
  private var received: UInt64 = 0
  private var lost: UInt64 = 0
  private var unseen: UInt64 = 0
  /// How many of those the last `settle` found.
  private var newlyUnseen: UInt64 = 0

  /// Begins after `total` of /sys/kernel/uevent_seqnum, read **after** the monitor began to receive.
  public init(start total: UInt64) {
    start = total
    settled = total
  }

  /// An event was received. One of before the start is passed over.
  public mutating func receive(_ seqnum: UInt64) {
    guard seqnum > start else { return }
    guard seqnum > settled else {
      // Later than its reach: it was counted as missing. Where both kinds are, that it was unseen is
      // the guess that does not make a loss smaller.
      received += 1
      if unseen > 0 { unseen -= 1 } else if lost > 0 { lost -= 1 }
      newlyUnseen = min(newlyUnseen, unseen)
      return
    }
    if seqnum - settled > Self.reach { settle(through: seqnum - Self.reach) }
    came[word(seqnum)] |= bit(seqnum)
  }

  /// ENOBUFS was received.
  public mutating func overflow() {
    isOverflowing = true
    lost += newlyUnseen
    unseen -= newlyUnseen
    newlyUnseen = 0
  }

  /// The queue was seen empty (EAGAIN) after an overflow; `total` of /sys/kernel/uevent_seqnum was read
  /// after that. Without an overflow it says nothing.
  public mutating func drained(total: UInt64) {
    guard isOverflowing else { return }
    isOverflowing = false
    lostThrough = max(lostThrough, total)
  }

  /// Judges every number up to `total`.
  ///
  /// Read `total` first, then receive until the queue is empty, then call this: an overflow that
  /// touches those numbers has been reported by then. More events can follow, also late ones.
  public mutating func settle(through total: UInt64) {
    let before = unseen
    defer { newlyUnseen = unseen - before }
    guard total > settled else { return }
    let held = min(total, settled + Self.reach)
    for seqnum in (settled + 1)...held {
      if came[word(seqnum)] & bit(seqnum) != 0 {
        came[word(seqnum)] &= ~bit(seqnum)
        received += 1
      } else {
        miss(after: seqnum - 1, through: seqnum)
      }
    }
    miss(after: held, through: total)
    settled = total
  }

  /// What was counted so far: of all numbers settled, which together are the total since the start.
  public var loss: EvidenceLoss {
    EvidenceLoss(ueventsReceived: received, ueventsLost: lost, ueventsUnseen: unseen)
  }

  private mutating func miss(after low: UInt64, through high: UInt64) {
    let end = isOverflowing ? high : min(high, max(low, lostThrough))
    lost += end - low
    unseen += high - end
  }

  private func word(_ seqnum: UInt64) -> Int { Int(seqnum % Self.reach / 64) }
  private func bit(_ seqnum: UInt64) -> UInt64 { 1 << (seqnum % 64) }
}
