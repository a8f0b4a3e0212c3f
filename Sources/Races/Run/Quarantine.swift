internal import DriverModel
internal import Evidence

/// Buses that are not raced any more in this run, as a verb hung there.
///
/// The device's lock is still held, and whoever walks its bus waits for it too (bus_for_each_dev(),
/// bus_rescan_devices(), the load of any driver).
struct Quarantine {
  private var reasons: [String: String] = [:]

  /// Puts a subject's bus away, and that of the parent by which it goes and comes.
  mutating func add(_ subject: Subject, because verb: VerbRecord) {
    add(subject.device.bus, because: verb)
    if let parent = subject.hotplug?.parent { add(parent.bus, because: verb) }
  }

  private mutating func add(_ bus: String, because verb: VerbRecord) {
    if reasons[bus] != nil { return }
    reasons[bus] = "the bus \(bus) is in quarantine: \(verb.verb.rawValue) of \(verb.object) hung"
  }

  /// Why nothing on that bus is raced; nil where it is.
  func reason(_ bus: String) -> String? { reasons[bus] }
}
