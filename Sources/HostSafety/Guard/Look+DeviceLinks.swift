internal import DriverModel
internal import Evidence

extension Look {
  /// Suppliers of what is in use: to unbind one unbinds its consumers (device_links_unbind_consumers).
  /// The last source, as it builds on all others.
  mutating func atDeviceLinks() {
    var links: [(supplier: String, consumer: String)] = []
    for name in names("class/devlink") {
      guard let home = devpath("class/devlink/\(name)"),
        let supplier = end(name, "supplier", from: home),
        let consumer = end(name, "consumer", from: home)
      else { continue }
      links.append((supplier, consumer))
    }
    // A supplier can be a consumer too: until nothing is added.
    var isDone = false
    while !isDone {
      let before = inUse
      for link in links {
        if let reason = inUse.reasonAtOrBelow(link.consumer),
          inUse.reasonAtOrBelow(link.supplier) == nil
        {
          inUse.add(link.supplier, "supplies \(Self.name(link.consumer)), which \(reason)")
        }
      }
      isDone = inUse == before
    }
  }

  private mutating func end(_ name: String, _ end: String, from home: String) -> String? {
    link(sys, "class/devlink/\(name)/\(end)").map { Self.resolve($0, from: home) }
  }
}
