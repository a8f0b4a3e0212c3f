internal import DriverModel
internal import Evidence

extension Look {
  /// Suppliers of what is in use: to unbind one unbinds its consumers (device_links_unbind_consumers).
  mutating func linkTies() -> [Tie] {
    names("class/devlink").compactMap { name in
      guard let home = devpath("class/devlink/\(name)"),
        let supplier = end(name, "supplier", from: home),
        let consumer = end(name, "consumer", from: home)
      else { return nil }
      return Tie(user: consumer, used: supplier, words: "supplies \(Self.name(consumer))")
    }
  }

  private mutating func end(_ name: String, _ end: String, from home: String) -> String? {
    link(sys, "class/devlink/\(name)/\(end)").map { Self.resolve($0, from: home) }
  }
}
