import Evidence
import Testing
import Udev

/// Every number between two totals is received, lost or unseen, and a loss is never called unseen.
@Suite struct SeqnumAccountTests {
  enum Step: Sendable {
    case receive(ClosedRange<UInt64>)
    case overflow
    /// The queue was empty, and the total was this.
    case drained(UInt64)
  }

  struct Scenario: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [Step]
    let total: UInt64
    let loss: EvidenceLoss

    init(
      _ description: String, _ steps: [Step], total: UInt64, received: UInt64, lost: UInt64 = 0,
      unseen: UInt64 = 0
    ) {
      testDescription = description
      self.steps = steps
      self.total = total
      loss = EvidenceLoss(ueventsReceived: received, ueventsLost: lost, ueventsUnseen: unseen)
    }
  }

  /// All begin at a total of 100.
  static let scenarios = [
    Scenario("nothing happened", [], total: 100, received: 0),
    Scenario("all came", [.receive(101...150)], total: 150, received: 50),
    Scenario(
      "events from before the start do not count", [.receive(90...110)], total: 110, received: 10),
    Scenario(
      "events from after the end do not count", [.receive(101...110)], total: 105, received: 5),
    Scenario(
      "a gap without a report is unseen", [.receive(101...110), .receive(116...120)], total: 120,
      received: 15, unseen: 5),
    Scenario(
      "nothing came and nothing was reported", [], total: 112, received: 0, unseen: 12),
    Scenario(
      "a trailing gap without a report is unseen", [.receive(101...110)], total: 115, received: 10,
      unseen: 5),
    Scenario(
      "neighbours that swapped places are no gap",
      [.receive(102...102), .receive(101...101), .receive(104...110), .receive(103...103)],
      total: 110, received: 10),
    Scenario(
      "one that comes last of all, within reach, is no gap",
      [.receive(102...4000), .receive(101...101)], total: 4000, received: 3900),
    Scenario(
      "the hole opens after the queue, which is read after the report",
      [
        .receive(101...110), .overflow, .receive(111...120), .drained(150), .receive(151...160),
      ],
      total: 160, received: 30, lost: 30),
    Scenario(
      "the same without a pause between the queue and the first event after the hole",
      [.receive(101...110), .overflow, .receive(111...120), .receive(151...160), .drained(160)],
      total: 160, received: 30, lost: 30),
    Scenario(
      "an overflow with a trailing gap", [.receive(101...110), .overflow, .drained(130)],
      total: 130, received: 10, lost: 20),
    Scenario(
      "an overflow that never ended", [.receive(101...110), .overflow], total: 130, received: 10,
      lost: 20),
    Scenario(
      "a gap after the queue was seen empty is unseen",
      [
        .receive(101...110), .overflow, .receive(111...120), .drained(150), .receive(151...160),
        .receive(163...170),
      ],
      total: 170, received: 38, lost: 30, unseen: 2),
    Scenario(
      "a trailing gap after the queue was seen empty is unseen",
      [.overflow, .drained(110), .receive(111...120)], total: 125, received: 10, lost: 10, unseen: 5
    ),
    Scenario(
      "what was still waited for at a report can have been under way, so it is lost",
      [.receive(101...110), .receive(112...120), .overflow, .drained(120)], total: 120,
      received: 19, lost: 1),
    Scenario(
      "a gap out of reach at a report was unseen before it",
      [.receive(101...110), .receive(112...8000), .overflow, .drained(8010)], total: 8010,
      received: 7899, lost: 10, unseen: 1),
    Scenario(
      "two overflows",
      [
        .overflow, .receive(101...110), .drained(120), .receive(121...130), .overflow,
        .receive(131...140), .drained(160), .receive(161...170),
      ],
      total: 170, received: 40, lost: 30),
    Scenario(
      "a queue that was seen empty without an overflow says nothing",
      [.receive(101...110), .drained(115), .receive(116...120)], total: 120, received: 15,
      unseen: 5),
    Scenario(
      "a hole far wider than the reach",
      [
        .receive(101...110), .overflow, .receive(111...120), .drained(100_000),
        .receive(100_001...100_010),
      ],
      total: 100_010, received: 30, lost: 99_880),
    Scenario(
      "a jump far beyond the reach, with no report",
      [.receive(101...110), .receive(100_001...100_010)], total: 100_010, received: 20,
      unseen: 99_890),
    Scenario(
      "a jump over the end of a loss",
      [.overflow, .drained(50_100), .receive(100_101...100_101)], total: 100_101, received: 1,
      lost: 50_000, unseen: 50_000),
  ]

  @Test(arguments: scenarios)
  func `numbers are accounted for`(scenario: Scenario) {
    var account = SeqnumAccount(start: 100)
    for step in scenario.steps {
      switch step {
      case .receive(let seqnums): for seqnum in seqnums { account.receive(seqnum) }
      case .overflow: account.overflow()
      case .drained(let total): account.drained(total: total)
      }
    }
    account.settle(through: scenario.total)
    #expect(account.loss == scenario.loss)
    let loss = account.loss
    #expect(
      loss.ueventsReceived + loss.ueventsLost + loss.ueventsUnseen == scenario.total - 100,
      "no number is counted twice, or left out")
  }

  @Test func `one that comes after it was settled is received all the same`() {
    var account = SeqnumAccount(start: 100)
    account.receive(102)
    account.settle(through: 102)
    #expect(account.loss == EvidenceLoss(ueventsReceived: 1, ueventsUnseen: 1))
    account.receive(101)
    #expect(account.loss == EvidenceLoss(ueventsReceived: 2))
  }

  @Test func `one that comes after it was settled does not make a loss smaller`() {
    var account = SeqnumAccount(start: 100)
    account.overflow()
    account.drained(total: 110)
    account.receive(112)
    account.settle(through: 112)
    account.receive(111)
    #expect(account.loss == EvidenceLoss(ueventsReceived: 2, ueventsLost: 10))
  }

  @Test func `one under way when it was settled can have been dropped since, and is lost`() {
    var account = SeqnumAccount(start: 100)
    account.receive(101)
    account.settle(through: 102)
    #expect(account.loss == EvidenceLoss(ueventsReceived: 1, ueventsUnseen: 1))
    account.overflow()
    account.drained(total: 105)
    account.settle(through: 105)
    #expect(account.loss == EvidenceLoss(ueventsReceived: 1, ueventsLost: 4))
    // Two settlements later nobody is under way any more.
    account.settle(through: 106)
    account.settle(through: 106)
    account.overflow()
    #expect(account.loss == EvidenceLoss(ueventsReceived: 1, ueventsLost: 4, ueventsUnseen: 1))
  }

  @Test func `cycle after cycle is settled by one account`() {
    var account = SeqnumAccount(start: 100)
    for cycle in 1...3 as ClosedRange<UInt64> {
      let first = 91 + cycle * 10
      for seqnum in first...(first + 8) { account.receive(seqnum) }
      account.settle(through: first + 9)
      #expect(account.loss == EvidenceLoss(ueventsReceived: cycle * 9, ueventsUnseen: cycle))
    }
  }

  @Test func `one hundred thousand events, every second one swapped with its neighbour`() {
    var account = SeqnumAccount(start: 0)
    for seqnum in 1...100_000 as ClosedRange<UInt64> {
      account.receive(seqnum % 2 == 1 ? seqnum + 1 : seqnum - 1)
    }
    account.settle(through: 100_000)
    #expect(account.loss == EvidenceLoss(ueventsReceived: 100_000))
  }
}
