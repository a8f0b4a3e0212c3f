import Evidence
import Testing

/// The kernel's taint by its letters.
@Suite struct TaintTests {
  @Test("flags read as the kernel's letters")
  func letters() throws {
    #expect(Taint("0") == [])
    #expect(Taint("12800")?.text == "W, O, E")
    #expect(Taint("1")?.text == "P")
    #expect(Taint("16")?.text == "M" && Taint.machineCheck == Taint("16"))
    #expect(Taint("32")?.text == "B" && Taint("128")?.text == "D")
    #expect(Taint("512")?.text == "W" && Taint("16384")?.text == "L")
    #expect(Taint("1099511627776")?.text == "40")
    #expect(Taint("x") == nil && Taint("") == nil)
  }

  @Test("what went wrong is told from what was loaded")
  func failures() {
    #expect(Taint("12800")?.intersection(.failures).text == "W")
    #expect(Taint.failures.text == "M, B, D, W, L")
  }

  @Test("losses say their numbers, and add up")
  func loss() {
    #expect(EvidenceLoss(ueventsReceived: 9).text == nil)
    let loss = EvidenceLoss(ueventsUnseen: 2, kmsgLost: 3) + EvidenceLoss(kmsgLost: 4)
    #expect(loss.text == "2 uevents unseen, 7 kernel log records lost")
  }
}
