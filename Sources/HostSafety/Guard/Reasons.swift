/// Devices and why each must be left alone, which goes for all that is above and below it.
struct Reasons: Sendable, Equatable {
  /// By devpath: what was added.
  private var own: [String: String] = [:]
  /// By devpath: what was added, and all that is above it.
  private var above: [String: String] = [:]

  mutating func add(_ devpath: String, _ reason: String) {
    guard own[devpath] == nil else { return }
    own[devpath] = reason
    var path: String? = devpath
    while let next = path {
      if above[next] == nil { above[next] = reason }
      path = Look.parent(next)
    }
  }

  /// Of the device, of one below it, or else of one above it.
  func reason(_ devpath: String) -> String? {
    if let reason = above[devpath] { return reason }
    var path = Look.parent(devpath)
    while let parent = path {
      if let reason = own[parent] { return "below \(Look.name(parent)), which \(reason)" }
      path = Look.parent(parent)
    }
    return nil
  }

  /// Of the device, or of one below it.
  func reasonAtOrBelow(_ devpath: String) -> String? { above[devpath] }
}
