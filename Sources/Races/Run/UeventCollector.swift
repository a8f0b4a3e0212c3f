internal import DriverModel
internal import Evidence
internal import Udev

/// Collects the kernel's uevents, and counts those that never came.
final class UeventCollector {
  private let stream: UeventStream
  private var counted = EvidenceLoss()
  /// The device whose events are kept; those of others are only counted, however many there are.
  private var watched: String?
  /// What came of it since the last call of `collect`.
  private var received: [Uevent] = []

  init(_ sysfs: Sysfs, bufferSize: Int) throws(SystemError) {
    stream = try UeventStream(bufferSize: bufferSize, seqnum: sysfs.ueventSeqnum)
  }

  /// Takes the events of the watched device since the last call, and what was lost of all meanwhile.
  func collect() throws(SystemError) -> (events: [Uevent], loss: EvidenceLoss) {
    try stream.settle(keep)
    let now = stream.loss
    let events = received
    received = []
    defer { counted = now }
    return (events, now.since(counted))
  }

  /// Of all events since the beginning. Not the sum of what `collect` said: an event that was under way at
  /// the end of a cycle was missing there, and came later.
  var total: EvidenceLoss { stream.loss }

  /// Watches a device from now on, by its path below /sys; nil watches none. What was lost meanwhile is
  /// returned.
  func watch(_ devpath: String?) throws(SystemError) -> EvidenceLoss {
    let loss = try collect().loss
    watched = devpath
    return loss
  }

  /// The last thing that was announced of the watched device since the last call of `collect`.
  func lastAction() throws(SystemError) -> Uevent.Action? {
    try stream.receive(keep)
    return received.last { !$0.isSynthetic }?.action
  }

  private func keep(_ event: Uevent) {
    if event.devpath == watched { received.append(event) }
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
