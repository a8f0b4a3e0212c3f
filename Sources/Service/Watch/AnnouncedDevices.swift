internal import Evidence
internal import Verdicts

/// Where the devices are that the kernel announced as added or removed, until it is told who did it: the trace
/// knows their names alone, and what is removed is in sysfs no more.
///
/// Several can have one name (a SCSI disk, and what hangs on it). One thread removes them all, each before the
/// one that it hangs on, and they are announced in that order.
struct AnnouncedDevices {
  private struct Name: Hashable {
    let kind: WatchEvent.Deed.Kind
    let name: String
  }

  private var places: [Name: [WatchJudge.Place]] = [:]
  /// Of what no trace tells nobody asks.
  private var count = 0
  private let most: Int

  init(most: Int = 16384) {
    self.most = most
  }

  mutating func note(_ event: Uevent) {
    guard !event.isSynthetic, let kind = kind(event.action) else { return }
    if count >= most {
      places = [:]
      count = 0
    }
    let name = Name(kind: kind, name: String(event.devpath.split(separator: "/").last ?? ""))
    let waiting = places[name] ?? []
    // One that was never asked for.
    let rest = waiting.filter { $0.devpath != event.devpath }
    count += rest.count + 1 - waiting.count
    places[name] = rest + [WatchJudge.Place(bus: event.subsystem, devpath: event.devpath)]
  }

  /// Where the device is that was added or removed; nil where none of that name was announced. It is told once.
  mutating func take(_ kind: WatchEvent.Deed.Kind, name: String) -> WatchJudge.Place? {
    let name = Name(kind: kind, name: name)
    guard var waiting = places[name], !waiting.isEmpty else { return nil }
    count -= 1
    let place = waiting.removeFirst()
    places[name] = waiting.isEmpty ? nil : waiting
    return place
  }

  private func kind(_ action: Uevent.Action?) -> WatchEvent.Deed.Kind? {
    switch action {
    case .add: .add
    case .remove: .remove
    default: nil
    }
  }
}
