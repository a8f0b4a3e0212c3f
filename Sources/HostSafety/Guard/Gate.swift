public import DriverModel
public import Evidence

/// The one place that answers whether something may be written now that gives devices a driver or takes it
/// from them: asked by races, by first attempts and by restore alike.
///
/// It is asked last: nothing may wait between its answer and the first write.
public final class Gate {
  /// What is about to be touched.
  public struct Question {
    /// Devices that were there before the run, with the drivers that are attached to them, BUS/DRIVER.
    public var devices: [(device: Device, drivers: Set<String>)]
    /// Those of them that the run made.
    public var made: [(device: Device, drivers: Set<String>)]
    /// All that the run made, by devpath.
    public var madeByRun: Set<String>

    public init(
      _ devices: [(device: Device, drivers: Set<String>)],
      made: [(device: Device, drivers: Set<String>)] = [], madeByRun: Set<String> = []
    ) {
      self.devices = devices
      self.made = made
      self.madeByRun = madeByRun
    }
  }

  public enum Answer: Equatable {
    /// It may, until then.
    case open(until: Time)
    /// It may not, for that reason.
    case closed(String)
  }

  /// How long an answer holds, from the begin of its look at the host.
  public static let validity: Duration = .seconds(1)
  /// What is no wait.
  private static let instant: Duration = .milliseconds(20)

  public let deviceGuard: Guard
  private let sysfs: Sysfs
  private let lists: DeviceLists
  private let allowedInUse: DeviceLists
  /// Disks whose contents were looked at while they had a driver; the race itself takes that away.
  private var read: Set<String> = []

  /// - Parameter allowedInUse: devices that may be touched although they are in use, exactly as named; what is
  ///   denied it does not open.
  public init(
    _ deviceGuard: Guard, sys: Directory, lists: DeviceLists = DeviceLists(),
    allowedInUse: DeviceLists = DeviceLists()
  ) {
    self.deviceGuard = deviceGuard
    sysfs = Sysfs(root: sys)
    self.lists = lists
    self.allowedInUse = allowedInUse
  }

  public func ask(_ question: Question) -> Answer {
    for (device, drivers) in question.devices + question.made {
      if let reason = lists.reasonDenied(device, drivers: drivers, in: sysfs) {
        return .closed(reason)
      }
    }
    for (device, drivers) in question.devices {
      if let reason = lists.reasonNotAllowed(device, drivers: drivers) { return .closed(reason) }
    }
    let guarded = question.devices.map(\.device).filter { device in
      !allowedInUse.allow.contains { DeviceLists.names($0, device) }
    }
    for isAgain in [false, true] {
      let begin = MonotonicClock.now()
      let inUse = deviceGuard.look()
      let reasons =
        guarded.compactMap { inUse.reason($0.devpath) }
        + question.madeByRun.sorted().compactMap(inUse.reasonOfMade)
      if let reason = reasons.first { return .closed("in use: \(reason)") }
      let looked = MonotonicClock.now()
      for device in guarded where !isAgain {
        guard let reason = reasonOfContents(device) else { continue }
        // What was mounted since the look says more than that its disk is claimed now.
        let since = deviceGuard.look().reason(device.devpath)
        return .closed(since.map { "in use: \($0)" } ?? reason)
      }
      // To read a disk can take long; then the host is looked at once more.
      if isAgain || MonotonicClock.now() - looked < Self.instant.nanoseconds {
        return .open(until: begin + Self.validity)
      }
    }
    return .closed("the host could not be looked at")
  }

  /// What units and disks have to say of a device. Without a driver it has no disk that could be read, so
  /// nobody knows what is on it.
  private func reasonOfContents(_ device: Device) -> String? {
    if let reason = deviceGuard.reasonByAsking(device.devpath) { return "in use: \(reason)" }
    guard device.canHoldData else { return nil }
    if device.driver != nil {
      read.insert(device.devpath)
    } else if !read.contains(device.devpath) {
      return "may be in use: it has no driver, so that nobody can tell what is on it"
    }
    return nil
  }
}

extension Device {
  /// True of what can bring a disk with something on it, as its bus tells before it has a driver (modalias):
  /// disks of SCSI (sd, sr's media cannot change by a race), NVMe and other storage controllers of PCI,
  /// USB storage, virtio's disks and SCSI hosts, MMC.
  var canHoldData: Bool {
    guard let modalias else { return false }
    switch bus {
    case "scsi":
      return ["scsi:t-0x00", "scsi:t-0x07", "scsi:t-0x0e", "scsi:t-0x14"].contains(modalias)
    case "pci": return modalias.contains("bc01")
    case "usb": return modalias.contains("ic08")
    case "virtio":
      return ["virtio:d00000002v", "virtio:d00000008v"].contains { modalias.hasPrefix($0) }
    case "mmc": return true
    default: return false
    }
  }
}
