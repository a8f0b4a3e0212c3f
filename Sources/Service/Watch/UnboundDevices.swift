internal import Evidence
internal import Verdicts

/// The devices that were unbound last, by what the kernel announced of them: for a finding on one that has
/// gone again when it is looked for.
struct UnboundDevices {
  private struct Device {
    var bus: String
    var seqnums: Finding.Seqnum
  }

  private var devices: [String: Device] = [:]
  /// The one unbound longest ago first.
  private var order: [String] = []
  private let most: Int

  init(most: Int = 1024) {
    self.most = most
  }

  mutating func note(_ event: Uevent) {
    if event.isSynthetic { return }
    switch event.action {
    case .unbind:
      let device = Device(bus: event.subsystem, seqnums: Finding.Seqnum(unbind: event.seqnum))
      if devices.updateValue(device, forKey: event.devpath) == nil {
        order.append(event.devpath)
        if order.count > most { devices[order.removeFirst()] = nil }
      }
    case .bind:
      devices[event.devpath]?.seqnums.bind = event.seqnum
    default: break
    }
  }

  /// The numbers of its last UNBIND, and of the BIND after it.
  func seqnums(of devpath: String) -> Finding.Seqnum {
    devices[devpath]?.seqnums ?? Finding.Seqnum()
  }

  /// Where a device of that name was; nil where that is not clear.
  func place(of name: String) -> WatchJudge.Place? {
    let named = devices.filter { $0.key.hasSuffix("/" + name) }
    guard named.count == 1, let (devpath, device) = named.first else { return nil }
    return WatchJudge.Place(bus: device.bus, devpath: devpath)
  }
}
