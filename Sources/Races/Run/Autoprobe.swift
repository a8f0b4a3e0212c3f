internal import DriverModel
internal import Evidence
internal import HostSafety

/// A bus that is told to find no drivers in a race, and what others' devices on it miss meanwhile.
final class Autoprobe {
  private let subject: Subject
  private let instruments: Instruments
  /// As the bus was when it last found drivers.
  private var change: AutoprobeChange?

  init(_ subject: Subject, _ instruments: Instruments) {
    self.subject = subject
    self.instruments = instruments
  }

  private var bus: String { subject.device.bus }

  /// Notes in the ledger how the bus is, before it is told so for the first time.
  ///
  /// - Throws: `RunStop.skip` where it finds none already, or where what it would miss cannot be known.
  func note() throws {
    let path = VerbWrite.driversAutoprobe(bus: bus, false).path
    if try instruments.sysfs.root.text(path) == "0" {
      throw RunStop.skip("\(path) is 0 already: nothing attaches by itself here")
    }
    try look()
  }

  /// The bus finds drivers again, and what it missed is probed.
  func turnOn() throws {
    try instruments.perform([.verb(.driversAutoprobe(bus: bus, true))])
    guard let change else { return }
    try instruments.probeMissed(change)
    try look()
  }

  /// It is not told so any more.
  func close() throws {
    guard let change else { return }
    try instruments.ledger.close(.autoprobe(change))
    self.change = nil
  }

  private func look() throws {
    let raced = [subject.device, subject.other].compactMap { $0?.devpath }
    let now: AutoprobeChange
    do throws(SystemError) {
      now = try AutoprobeChange(
        bus: bus, raced: subject.made.union(raced).sorted(), sys: instruments.sysfs.root)
    } catch {
      throw RunStop.skip(
        "what other devices of \(bus) would miss meanwhile cannot be known: \(error)")
    }
    if case .autoprobe(let noted) = try instruments.ledger.record(.autoprobe(now)) {
      change = noted
    }
  }
}
