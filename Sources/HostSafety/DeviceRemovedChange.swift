internal import DriverModel
internal import Evidence

/// A device that the run takes away from the kernel, and how it is found again.
public struct DeviceRemovedChange: Sendable, Equatable {
  /// The path below /sys, "/devices/…".
  public var devpath: String
  /// The attribute that makes the kernel look for it, relative to the root of sysfs, and what is
  /// written there: `VerbWrite.rescan()` and `VerbWrite.scan(host:)` hold both.
  public var scan: String
  public var text: String

  public init(devpath: String, scan: String, text: String) {
    self.devpath = devpath
    self.scan = scan
    self.text = text
  }
}

extension DeviceRemovedChange: Reversible {
  static let kind = "device-removed"

  var thing: String { "device \(devpath)" }
  var summary: String { "\(devpath) was there" }
  var fields: [[String]] { [[devpath], [scan], [text]] }

  init?(fields: [[String]]) {
    guard fields.count == 3, let devpath = fields[0].first, let scan = fields[1].first,
      let text = fields[2].first
    else { return nil }
    self.init(devpath: devpath, scan: scan, text: text)
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let path = String(devpath.dropFirst())
    if host.sys.exists(path) { return .alreadyRight }
    // Its host or bus went with it, so nothing can find it.
    guard host.sys.exists(scan) else { return .gone }
    try host.actions.writeWaiting(host.sys.object(scan), text)
    return try host.wait { host.sys.exists(path) } ? .restored : .gone
  }
}
