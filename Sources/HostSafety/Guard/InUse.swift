/// What was in use when the guard looked.
public struct InUse: Sendable, Equatable {
  /// By devpath: what is used itself.
  private var uses: [String: String] = [:]
  /// By devpath: what is used, and all that is above it.
  private var above: [String: String] = [:]
  /// What could not be read; then everything is in use.
  public internal(set) var unread: String?

  init() {}

  /// Why the device must not be raced, in a short phrase ("holds /var (sda2 mounted)"); nil where
  /// nothing speaks against it.
  public func reason(_ devpath: String) -> String? {
    if let reason = above[devpath] { return reason }
    var path = Look.parent(devpath)
    while let parent = path {
      if let reason = uses[parent] { return "below \(Look.name(parent)), which \(reason)" }
      path = Look.parent(parent)
    }
    return reasonUnread
  }

  /// The same of a device that the run made itself: what is above it does not count, as the run can
  /// have that open (/dev/uhid).
  public func reasonOfMade(_ devpath: String) -> String? { above[devpath] ?? reasonUnread }

  private var reasonUnread: String? { unread.map { "may be in use: \($0)" } }

  /// What is below a device, or is it itself, and in use.
  func reasonBelow(_ devpath: String) -> String? { above[devpath] }

  mutating func add(_ devpath: String, _ reason: String) {
    guard uses[devpath] == nil else { return }
    uses[devpath] = reason
    var path: String? = devpath
    while let next = path {
      if above[next] == nil { above[next] = reason }
      path = Look.parent(next)
    }
  }
}
