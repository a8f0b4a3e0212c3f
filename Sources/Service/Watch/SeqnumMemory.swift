internal import Evidence

/// The numbers of the last UNBIND and BIND of each device, for as many devices as is sensible.
struct SeqnumMemory {
  private var seqnums: [String: Finding.Seqnum] = [:]
  private var order: [String] = []
  private let most: Int

  init(most: Int = 1024) {
    self.most = most
  }

  /// Only devices that were unbound are remembered, and those since the latest.
  mutating func note(_ event: Uevent) {
    if event.isSynthetic { return }
    switch event.action {
    case .unbind:
      if seqnums.updateValue(Finding.Seqnum(unbind: event.seqnum), forKey: event.devpath) == nil {
        order.append(event.devpath)
        if order.count > most { seqnums[order.removeFirst()] = nil }
      }
    case .bind:
      seqnums[event.devpath]?.bind = event.seqnum
    default: break
    }
  }

  func seqnums(of devpath: String) -> Finding.Seqnum { seqnums[devpath] ?? Finding.Seqnum() }
}
