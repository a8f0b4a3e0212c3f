internal import DriverModel
internal import Evidence
internal import Glibc
internal import HostSafety

/// Who else takes the disks that a run makes: a new disk is anybody's.
///
/// A driver that is bound to a disk anew while the old one is open waits for its end in the kernel, for ever
/// where that does not come, and a disk that is open cannot be taken away. So who has it open, holds it, or is
/// about to take it is waited for before the first cycle, for a while, and named.
final class Claimants {
  private let host: Host
  private let patience: Duration
  private let isInterrupted: () -> Bool
  /// Who was waited for in vain: once is enough.
  private var stayed: Set<String> = []

  /// What holds a disk for udevd's rules is at an end in this time, or is too long for a race.
  static let patience: Duration = .seconds(30)

  init(
    _ host: Host, patience: Duration = Claimants.patience,
    isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.host = host
    self.patience = patience
    self.isInterrupted = isInterrupted
  }

  /// Who takes a disk mostly does so when udevd has told of it. One that is busy is not waited for longer:
  /// it is told to begin nothing then.
  private var udevPatience: Duration { min(patience, .seconds(10)) }

  /// Waits until nobody takes the disks at or below these devices.
  ///
  /// - Throws: `RunStop.skip` with the name of one who does.
  func wait(_ made: Set<String>) throws {
    let begin = MonotonicClock.now()
    let made = made.sorted()
    while try !areTold(made), MonotonicClock.now() - begin < udevPatience.nanoseconds {
      if isInterrupted() { throw RunStop.interrupted }
      usleep(20_000)
    }
    while let claim = try claim(made) {
      let waited = MonotonicClock.now() - begin
      if waited >= patience.nanoseconds || stayed.contains(claim.by) {
        stayed.insert(claim.by)
        throw RunStop.skip("in use: \(claim.text)")
      }
      if isInterrupted() { throw RunStop.interrupted }
      usleep(100_000)
    }
  }

  /// True where udevd has told of all disks, or there is none.
  private func areTold(_ made: [String]) throws -> Bool {
    guard host.hasUdevd else { return true }
    return try host.disks(below: made).allSatisfy { entry(of: $0.devpath) != nil }
  }

  private struct Claim {
    /// The same while it is the same one.
    var by: String
    var text: String
  }

  private func claim(_ made: [String]) throws -> Claim? {
    let disks = try host.disks(below: made)
    if disks.isEmpty { return nil }
    let daemon = try multipathd()
    for (name, devpath) in disks {
      let folder = "\(devpath.dropFirst())/holders"
      if let holder = host.sys.exists(folder) ? try host.sys.names(folder).first : nil {
        return Claim(by: holder, text: "\(name) is held by \(named(holder, daemon))")
      }
    }
    if let opener = try host.openers(below: made).first {
      return Claim(by: "\(opener.pid)", text: "\(opener)")
    }
    guard let daemon else { return nil }
    for (name, devpath) in disks {
      switch isPath(devpath) {
      case false?: continue
      case true?: return Claim(by: daemon, text: "\(daemon) takes \(name)")
      case nil: return Claim(by: daemon, text: "\(daemon) may take \(name), and udevd has not told")
      }
    }
    return nil
  }

  /// A map with the name that its maker gave it, and multipathd where it is one of its.
  private func named(_ holder: String, _ daemon: String?) -> String {
    let folder = "class/block/\(holder)/dm"
    guard let map = try? host.sys.text("\(folder)/name") else { return holder }
    let isOfMultipath = (try? host.sys.text("\(folder)/uuid"))?.hasPrefix("mpath-") ?? false
    return "\(holder) (\(map))" + (isOfMultipath ? daemon.map { ", of \($0)" } ?? "" : "")
  }

  private func multipathd() throws -> String? {
    for pid in try host.proc.names() where pid.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
      if (try? host.proc.text("\(pid)/comm")) == "multipathd" { return "multipathd (pid \(pid))" }
    }
    return nil
  }

  /// Whether a disk is a path of multipath's, as its rule for udevd asked (`multipath -u`, 60-multipath.rules);
  /// nil where udevd has not come to it.
  private func isPath(_ devpath: String) -> Bool? {
    let lines = entry(of: devpath)?.split(separator: "\n") ?? []
    let key = "E:DM_MULTIPATH_DEVICE_PATH="
    return lines.first { $0.hasPrefix(key) }.map { $0.dropFirst(key.count) != "0" }
  }

  /// What udevd has noted of a disk; nil where it has not come to it.
  private func entry(of devpath: String) -> String? {
    guard let number = try? host.sys.text("\(devpath.dropFirst())/dev") else { return nil }
    return try? Directory(host.run).text("udev/data/b\(number)")
  }
}
