import Evidence
import Testing

@Suite struct EvidenceLossTests {
  @Test("An event that was missing at the end of its cycle and came later counts once")
  func recounted() {
    var run = EvidenceLoss(traceLost: 3, probesMissed: 2, kmsgLost: 1)
    run += EvidenceLoss(ueventsReceived: 4, ueventsUnseen: 1)
    run += EvidenceLoss(ueventsReceived: 6)
    run.recountUevents(EvidenceLoss(ueventsReceived: 10))
    let expected = EvidenceLoss(
      ueventsReceived: 10, traceLost: 3, probesMissed: 2, kmsgLost: 1)
    #expect(run == expected)
  }
}
