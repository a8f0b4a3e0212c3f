internal import DriverModel
internal import Evidence
internal import Udev

/// Collects the kernel's uevents, and counts those that never came.
final class UeventCollector {
  private let sysfs: Sysfs
  private let monitor: UdevMonitor
  private var account: SeqnumAccount
  private var counted = EvidenceLoss()

  init(_ sysfs: Sysfs, bufferSize: Int) throws(SystemError) {
    self.sysfs = sysfs
    monitor = try UdevMonitor(try UdevContext(), .kernel, bufferSize: bufferSize)
    account = SeqnumAccount(start: try sysfs.ueventSeqnum())
  }

  /// Takes the events of one device since the last call, and what was lost of all meanwhile.
  func collect(devpath: String) throws(SystemError) -> (events: [Uevent], loss: EvidenceLoss) {
    // The order that the account asks for: total, then receive until empty, then settle.
    let total = try sysfs.ueventSeqnum()
    var events: [Uevent] = []
    receiving: while true {
      switch try monitor.receive() {
      case .event(let event):
        account.receive(event.seqnum)
        if event.devpath == devpath { events.append(event) }
      case .overflow:
        account.overflow()
      case .empty:
        if account.isOverflowing { account.drained(total: try sysfs.ueventSeqnum()) }
        break receiving
      }
    }
    account.settle(through: total)
    let now = account.loss
    defer { counted = now }
    return (events, now.since(counted))
  }
}

extension EvidenceLoss {
  /// What was added since `earlier`. A late event makes a number smaller again; that is no loss.
  fileprivate func since(_ earlier: EvidenceLoss) -> EvidenceLoss {
    func difference(_ a: UInt64, _ b: UInt64) -> UInt64 { a > b ? a - b : 0 }
    return EvidenceLoss(
      ueventsReceived: difference(ueventsReceived, earlier.ueventsReceived),
      ueventsLost: difference(ueventsLost, earlier.ueventsLost),
      ueventsUnseen: difference(ueventsUnseen, earlier.ueventsUnseen))
  }
}
